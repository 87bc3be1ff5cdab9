// Package nvlist packs and unpacks name/value lists, the format in which ZFS
// passes structured data between programs, the kernel and disks.
package nvlist
