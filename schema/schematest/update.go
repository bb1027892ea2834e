package schematest

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// updating says whether -update was given. A flag of the host's that is not a bool is
// not meant for us.
func updating() bool {
	f := flag.Lookup("update")
	if f == nil {
		return false
	}
	on, err := strconv.ParseBool(f.Value.String())
	return err == nil && on
}

var updateArgument = regexp.MustCompile(`^--?update(=.*)?$`)

// Many hosts, and packages that they import, have a flag "update" of their own. Here,
// before they have registered it, registering ours would make theirs panic; once a test
// runs, the command line has been refused already. In between only the parsing of
// flags is left to hook into: where -update is asked for, an argument is put before
// it that registers the flag if nobody has.
func init() {
	if len(os.Args) > 1 && slices.ContainsFunc(os.Args[1:], updateArgument.MatchString) {
		flag.Var(registration{}, "schematest.flag", "register -update, unless somebody has")
		os.Args = slices.Insert(slices.Clone(os.Args), 1, "-schematest.flag")
	}
}

// A registration is a flag that registers another.
type registration struct{}

func (registration) String() string   { return "" }
func (registration) IsBoolFlag() bool { return true }

func (registration) Set(string) error {
	if flag.Lookup("update") == nil {
		flag.Bool("update", false, "write the files that tests compare with")
	}
	return nil
}
