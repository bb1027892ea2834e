package eventbridge

type delivery struct{ given *Info }

func (d *delivery) info() Info { return *d.given }
