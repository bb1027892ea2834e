package schema

import (
	"fmt"
	"strings"
)

// Mode says what a bus does about an event that does not fit its schema. The zero
// value is Enforce.
type Mode uint8

const (
	// Enforce: the event is refused.
	Enforce Mode = iota
	// Observe: the event is accepted, and that it does not fit is counted and told.
	Observe
	// Off: nobody looks.
	Off
)

var modes = [...]string{Enforce: "enforce", Observe: "observe", Off: "off"}

// ParseMode reads "enforce", "observe" or "off", in any case.
func ParseMode(text string) (Mode, error) {
	for m, name := range modes {
		if strings.EqualFold(name, text) {
			return Mode(m), nil
		}
	}
	return 0, fmt.Errorf("mode %q: want enforce, observe or off", text)
}

// String is "enforce", "observe" or "off".
func (m Mode) String() string {
	if int(m) < len(modes) {
		return modes[m]
	}
	return fmt.Sprintf("Mode(%d)", m)
}

// MarshalText is String as bytes; it refuses what is no mode.
func (m Mode) MarshalText() ([]byte, error) {
	if int(m) >= len(modes) {
		return nil, fmt.Errorf("%s is not a mode", m)
	}
	return []byte(modes[m]), nil
}

// UnmarshalText reads what ParseMode reads.
func (m *Mode) UnmarshalText(text []byte) error {
	parsed, err := ParseMode(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}
