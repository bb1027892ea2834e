package filter

// A metSet remembers numbers for the length of one generation.
type metSet struct {
	gen   uint32
	count int
	cells []met
}

type met struct {
	number uint64
	gen    uint32
}

// add says whether the number is new.
func (m *metSet) add(gen uint32, number uint64) bool {
	if m.gen != gen {
		m.gen, m.count = gen, 0
	}
	if 2*m.count >= len(m.cells) {
		m.grow()
	}
	mask := len(m.cells) - 1
	for i := m.place(number); ; i = (i + 1) & mask {
		switch cell := &m.cells[i]; {
		case cell.gen != gen:
			*cell = met{number, gen}
			m.count++
			return true
		case cell.number == number:
			return false
		}
	}
}

// place is where a number stands if nothing else does.
func (m *metSet) place(number uint64) int {
	return int(number*0x9E3779B97F4A7C15>>32) & (len(m.cells) - 1)
}

func (m *metSet) grow() {
	old := m.cells
	m.cells = make([]met, max(64, 2*len(old)))
	mask := len(m.cells) - 1
	for _, cell := range old {
		if cell.gen != m.gen {
			continue
		}
		i := m.place(cell.number)
		for m.cells[i].gen != 0 {
			i = (i + 1) & mask
		}
		m.cells[i] = cell
	}
}
