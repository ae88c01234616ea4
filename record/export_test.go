package record

// OpenAt opens a folder by the default rules, with other default places.
func OpenAt(sh Shell, system, shared, name string) *Folder {
	f := Open(sh, "", name)
	f.system, f.tmp = system, shared
	return f
}
