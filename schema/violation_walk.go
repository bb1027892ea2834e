package schema

// A walk finds the violations of data by the nodes of its schema.
type walk struct {
	engine   engine
	findings *findings
}

func (w *walk) apply(n *node, data any, at string) {}
