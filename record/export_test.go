package record

// OpenAt opens a folder by the default rules, with other default places.
func OpenAt(sh Shell, system, shared, name string) *Folder {
	f := Open(sh, "", name)
	f.system, f.tmp = system, shared
	return f
}

// Outlived is Identity.outlived.
func (id Identity) Outlived(l Lock) bool { return id.outlived(l) }
