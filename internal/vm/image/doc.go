// Package image builds the images that package vm boots: a Debian kernel, the ZFS
// modules built for it, busybox and the release's own ZFS programs. An image is two
// files in a cache directory.
//
// Build runs the scripts under recipe in a chroot, stage by stage; an interrupted
// build goes on with the stage that it had reached. Names of images have a hash of
// all that they are built from. Images of another machine than amd64 are built on amd64
// by the scripts under recipe/cross: Debian's cross compiler makes the modules, and
// the programs are only unpacked.
package image
