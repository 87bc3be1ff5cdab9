// Package prop describes the properties of datasets, pools and devices: their names,
// kinds, defaults and allowed values in each release of OpenZFS. It parses and
// formats values as zfs(8) and zpool(8) do. It needs no kernel.
//
// [Prop] is a name, [Value] a value, [Values] are those to be set, and a [Property]
// was read: it has a source and a text as well. Read prop.go first; names.go has the
// names, table_rows.go a row for each property of a dataset, pool.go and device.go
// those of pools and devices, parse.go and format.go the way from and to a text, size.go
// that to the text for a person, column.go the short names of columns.
package prop
