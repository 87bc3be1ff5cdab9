// Package prop describes the properties of datasets, pools and devices: their names,
// kinds, defaults and allowed values in each release of OpenZFS. It parses and
// formats values as zfs(8) and zpool(8) do. It needs no kernel.
//
// A [Prop] is a name, a [Value] is a value, [Values] are properties to set, and a
// [Property] is a property that was read, with its source and text. Read prop.go
// first; names.go has the names, table_rows.go a row for each property of a dataset,
// pool.go and device.go the properties of pools and devices, parse.go and format.go
// convert values from and to text.
package prop
