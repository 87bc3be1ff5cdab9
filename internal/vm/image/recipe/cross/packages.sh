#!/bin/sh
# Runs in the chroot: installs the tool chain for another machine and unpacks that
# machine's kernel and ZFS. ZVM_ARCH is Debian's name of the machine, ZVM_TRIPLET
# the tool chain's, ZVM_FLAVOUR the kernel's. The kernel comes from ZVM_SUITE, ZFS
# from ZVM_TARGET. Programs of the other machine do not run here: what has them is
# unpacked, and only libraries are installed.
# Running it again after an interruption takes up where dpkg and apt stopped.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
dpkg --add-architecture "$ZVM_ARCH"
dpkg --configure -a --force-confdef

echo "zvm: reading the package lists of $ZVM_SUITE and $ZVM_TARGET"
apt-get update -q
# The name without a version depends on the newest one.
version=$(apt-cache show --no-all-versions "linux-headers-$ZVM_FLAVOUR:$ZVM_ARCH" | tr ',' '\n' |
	sed -n "s/^\(Depends:\)\{0,1\} *linux-headers-\([^ ]*-$ZVM_FLAVOUR\)\( .*\)\{0,1\}$/\2/p" | head -n 1)
[ -n "$version" ]
echo "zvm: kernel $version"
# The tools are those of this machine. Their package's name has more or less of the
# version.
kbuild=$(apt-cache show --no-all-versions "linux-headers-$version:$ZVM_ARCH" |
	sed -n 's/^Depends:.*\(linux-kbuild-[^ ,]*\).*/\1/p')

echo "zvm: installing compiler, headers and libraries"
apt-get install -qy -f --no-install-recommends -t "$ZVM_SUITE" \
	"$kbuild" "linux-headers-${version%-"$ZVM_FLAVOUR"}-common" make kmod perl xz-utils zstd \
	"gcc-$ZVM_TRIPLET" busybox-static
apt-get install -qy --no-install-recommends -t "$ZVM_TARGET" "libzfslinux-dev:$ZVM_ARCH"

rm -rf /zvm
mkdir -p /zvm/deb /zvm/tree
chmod 777 /zvm/deb
cd /zvm/deb
apt-get download -q -t "$ZVM_SUITE" "linux-headers-$version:$ZVM_ARCH"
# Unpacked at its place, a directory of the package could replace a link, as /lib is.
dpkg-deb -x linux-headers-*.deb /zvm/headers
cp -a /zvm/headers/usr/src/. /usr/src/
rm -r linux-headers-*.deb /zvm/headers
apt-get download -q -t "$ZVM_SUITE" "linux-image-$version:$ZVM_ARCH" "busybox-static:$ZVM_ARCH"
apt-get download -q -t "$ZVM_TARGET" zfs-dkms "zfsutils-linux:$ZVM_ARCH" "zfs-test:$ZVM_ARCH"
# Newer kernels split the image into several packages.
parts=$(dpkg-deb -f linux-image-*.deb Depends | tr ',|' '\n\n' |
	sed -n "s/^ *\(linux-\(binary\|modules\)-[^ ]*\).*/\1:$ZVM_ARCH/p")
if [ -n "$parts" ]; then
	# shellcheck disable=SC2086
	apt-get download -q -t "$ZVM_SUITE" $parts
fi
for deb in *.deb; do
	echo "zvm: unpacking $deb"
	dpkg-deb -x "$deb" /zvm/tree
done
for deb in zfs-dkms_*.deb; do
	dpkg-deb -f "$deb" Version >/zvm/zfs-version
done
rm -rf /zvm/deb
apt-get clean
echo "$version" >/zvm/kernel-version
