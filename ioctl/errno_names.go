package ioctl

import "strconv"

// codeInfo describes a code.
type codeInfo struct {
	name, text string
	since      Release
}

// firstZfsCode is the first of OpenZFS's own numbers.
const firstZfsCode = CodeCheckpointExists

// Name returns the C name of c: "EBUSY", "ZFS_ERR_CHECKPOINT_EXISTS". For a
// number without a name it returns "errno N".
func (c Code) Name() string {
	if i := c.info(); i != nil {
		return i.name
	}
	return "errno " + strconv.Itoa(int(c))
}

// Text returns the meaning of c, regardless of the operation, in a few words
// that fit after a colon. It is empty for a number without a name.
func (c Code) Text() string {
	if i := c.info(); i != nil {
		return i.text
	}
	return ""
}

// Since returns the first release that has the code. It is zero for the
// system's own codes, which are older than OpenZFS.
func (c Code) Since() Release {
	if i := c.info(); i != nil {
		return i.since
	}
	return Release{}
}

// info returns the description of c, or nil.
func (c Code) info() *codeInfo {
	var i *codeInfo
	switch {
	case int(c) < len(systemCodes):
		i = &systemCodes[c]
	case c >= firstZfsCode && int(c-firstZfsCode) < len(zfsCodes):
		i = &zfsCodes[c-firstZfsCode]
	}
	if i == nil || i.name == "" {
		return nil
	}
	return i
}

// systemCodes is indexed by code. It is never written to.
var systemCodes = [...]codeInfo{
	CodePerm:        {name: "EPERM", text: "operation not permitted"},
	CodeNoent:       {name: "ENOENT", text: "no such pool, dataset or file"},
	CodeSrch:        {name: "ESRCH", text: "nothing found"},
	CodeIntr:        {name: "EINTR", text: "interrupted by a signal"},
	CodeIo:          {name: "EIO", text: "input/output error"},
	CodeNxio:        {name: "ENXIO", text: "no such device or address"},
	Code2big:        {name: "E2BIG", text: "argument too long"},
	CodeNoexec:      {name: "ENOEXEC", text: "invalid executable format"},
	CodeBadf:        {name: "EBADF", text: "bad file descriptor"},
	CodeChild:       {name: "ECHILD", text: "no child, or a channel program's run-time error"},
	CodeAgain:       {name: "EAGAIN", text: "not available now, or the pool's I/O is suspended"},
	CodeNomem:       {name: "ENOMEM", text: "out of memory, or the answer does not fit its buffer"},
	CodeAcces:       {name: "EACCES", text: "access denied, or encryption key not loaded"},
	CodeFault:       {name: "EFAULT", text: "bad address"},
	CodeNotblk:      {name: "ENOTBLK", text: "not a block device"},
	CodeBusy:        {name: "EBUSY", text: "device or resource busy"},
	CodeExist:       {name: "EEXIST", text: "already exists"},
	CodeXdev:        {name: "EXDEV", text: "names or streams do not belong together"},
	CodeNodev:       {name: "ENODEV", text: "no such device"},
	CodeNotdir:      {name: "ENOTDIR", text: "not a directory"},
	CodeIsdir:       {name: "EISDIR", text: "is a directory"},
	CodeInval:       {name: "EINVAL", text: "invalid argument"},
	CodeNfile:       {name: "ENFILE", text: "too many open files in the system"},
	CodeMfile:       {name: "EMFILE", text: "too many open files"},
	CodeNotty:       {name: "ENOTTY", text: "inappropriate ioctl for this file"},
	CodeTxtbsy:      {name: "ETXTBSY", text: "target was modified since the stream's base"},
	CodeFbig:        {name: "EFBIG", text: "file too large"},
	CodeNospc:       {name: "ENOSPC", text: "out of space"},
	CodeSpipe:       {name: "ESPIPE", text: "cannot seek"},
	CodeRofs:        {name: "EROFS", text: "read-only"},
	CodeMlink:       {name: "EMLINK", text: "too many links"},
	CodePipe:        {name: "EPIPE", text: "the reading end was closed"},
	CodeDom:         {name: "EDOM", text: "value outside its domain"},
	CodeRange:       {name: "ERANGE", text: "value out of range"},
	CodeDeadlk:      {name: "EDEADLK", text: "would deadlock"},
	CodeNametoolong: {name: "ENAMETOOLONG", text: "name too long"},
	CodeNolck:       {name: "ENOLCK", text: "no locks available"},
	CodeNosys:       {name: "ENOSYS", text: "not implemented"},
	CodeNotempty:    {name: "ENOTEMPTY", text: "directory not empty"},
	CodeNomsg:       {name: "ENOMSG", text: "no message of that kind"},
	CodeChrng:       {name: "ECHRNG", text: "number out of range"},
	CodeBade:        {name: "EBADE", text: "checksum mismatch"},
	CodeBadr:        {name: "EBADR", text: "too fragmented"},
	CodeTime:        {name: "ETIME", text: "time limit or instruction limit exceeded"},
	CodeOverflow:    {name: "EOVERFLOW", text: "value or device too small to hold it"},
	CodeIlseq:       {name: "EILSEQ", text: "malformed characters"},
	CodeRestart:     {name: "ERESTART", text: "interrupted before it began"},
	CodeNotsup:      {name: "ENOTSUP", text: "not supported"},
	CodeShutdown:    {name: "ESHUTDOWN", text: "being shut down"},
	CodeAlready:     {name: "EALREADY", text: "already done or under way"},
	CodeStale:       {name: "ESTALE", text: "out of date"},
	CodeRemoteio:    {name: "EREMOTEIO", text: "pool is in use by another system"},
	CodeDquot:       {name: "EDQUOT", text: "quota or limit exceeded"},
	CodeCanceled:    {name: "ECANCELED", text: "cancelled"},
}

// zfsCodes is indexed by code, less firstZfsCode. It is never written to.
//
// Releases 0.8.2 to 0.8.6, which this package does not support, used 1037 for
// ZFS_ERR_EXPORT_IN_PROGRESS.
var zfsCodes = [...]codeInfo{
	CodeCheckpointExists - firstZfsCode: {
		"ZFS_ERR_CHECKPOINT_EXISTS", "the pool has a checkpoint", Release{0, 8, 0}},
	CodeDiscardingCheckpoint - firstZfsCode: {
		"ZFS_ERR_DISCARDING_CHECKPOINT", "the pool's checkpoint is being discarded", Release{0, 8, 0}},
	CodeNoCheckpoint - firstZfsCode: {
		"ZFS_ERR_NO_CHECKPOINT", "the pool has no checkpoint", Release{0, 8, 0}},
	CodeDevrmInProgress - firstZfsCode: {
		"ZFS_ERR_DEVRM_IN_PROGRESS", "a device is being removed from the pool", Release{0, 8, 0}},
	CodeVdevTooBig - firstZfsCode: {
		"ZFS_ERR_VDEV_TOO_BIG", "the device is too large for a pool with a checkpoint", Release{0, 8, 0}},
	CodeIocCmdUnavail - firstZfsCode: {
		"ZFS_ERR_IOC_CMD_UNAVAIL", "the module does not know this operation", Release{0, 8, 0}},
	CodeIocArgUnavail - firstZfsCode: {
		"ZFS_ERR_IOC_ARG_UNAVAIL", "the module does not know an input key", Release{0, 8, 0}},
	CodeIocArgRequired - firstZfsCode: {
		"ZFS_ERR_IOC_ARG_REQUIRED", "a required input key is missing", Release{0, 8, 0}},
	CodeIocArgBadtype - firstZfsCode: {
		"ZFS_ERR_IOC_ARG_BADTYPE", "an input key has the wrong type", Release{0, 8, 0}},
	CodeWrongParent - firstZfsCode: {
		"ZFS_ERR_WRONG_PARENT", "the parent is not a filesystem", Release{0, 8, 0}},
	CodeFromIvsetGuidMissing - firstZfsCode: {
		"ZFS_ERR_FROM_IVSET_GUID_MISSING", "the stream's base lacks an IV set guid", Release{0, 8, 0}},
	CodeFromIvsetGuidMismatch - firstZfsCode: {
		"ZFS_ERR_FROM_IVSET_GUID_MISMATCH", "the IV set guid is not that of the stream's base", Release{0, 8, 0}},
	CodeSpillBlockFlagMissing - firstZfsCode: {
		"ZFS_ERR_SPILL_BLOCK_FLAG_MISSING", "the stream's spill blocks lack a flag", Release{0, 8, 0}},
	CodeUnknownSendStreamFeature - firstZfsCode: {
		"ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE", "the stream has a feature that the module does not know", Release{2, 0, 0}},
	CodeExportInProgress - firstZfsCode: {
		"ZFS_ERR_EXPORT_IN_PROGRESS", "the pool is being exported", Release{2, 0, 0}},
	CodeBookmarkSourceNotAncestor - firstZfsCode: {
		"ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR", "the source is not an ancestor of the dataset", Release{2, 0, 0}},
	CodeStreamTruncated - firstZfsCode: {
		"ZFS_ERR_STREAM_TRUNCATED", "the stream ended too early", Release{2, 0, 0}},
	CodeStreamLargeBlockMismatch - firstZfsCode: {
		"ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH", "the stream and its base differ in the large-block flag", Release{2, 0, 0}},
	CodeResilverInProgress - firstZfsCode: {
		"ZFS_ERR_RESILVER_IN_PROGRESS", "the pool is resilvering", Release{2, 0, 0}},
	CodeRebuildInProgress - firstZfsCode: {
		"ZFS_ERR_REBUILD_IN_PROGRESS", "the pool is rebuilding a device", Release{2, 0, 0}},
	CodeBadprop - firstZfsCode: {
		"ZFS_ERR_BADPROP", "the property cannot be used here", Release{2, 0, 0}},
	CodeVdevNotsup - firstZfsCode: {
		"ZFS_ERR_VDEV_NOTSUP", "not supported on this kind of device", Release{2, 2, 0}},
	CodeNotUserNamespace - firstZfsCode: {
		"ZFS_ERR_NOT_USER_NAMESPACE", "the file descriptor is not a user namespace", Release{2, 2, 0}},
	CodeResumeExists - firstZfsCode: {
		"ZFS_ERR_RESUME_EXISTS", "an interrupted receive is kept there", Release{2, 2, 0}},
	CodeCryptoNotsup - firstZfsCode: {
		"ZFS_ERR_CRYPTO_NOTSUP", "encryption is not possible here", Release{2, 2, 0}},
	CodeRaidzExpandInProgress - firstZfsCode: {
		"ZFS_ERR_RAIDZ_EXPAND_IN_PROGRESS", "a raidz device is being expanded", Release{2, 2, 4}},
	CodeAshiftMismatch - firstZfsCode: {
		"ZFS_ERR_ASHIFT_MISMATCH", "the device's ashift differs from the pool's", Release{2, 2, 4}},
	CodeStreamLargeMicrozap - firstZfsCode: {
		"ZFS_ERR_STREAM_LARGE_MICROZAP", "the stream needs large microzaps to be allowed", Release{2, 3, 0}},
	CodeTooManySitouts - firstZfsCode: {
		"ZFS_ERR_TOO_MANY_SITOUTS", "too many devices are sitting out of reads", Release{2, 4, 0}},
	CodeNoUserNsSupport - firstZfsCode: {
		"ZFS_ERR_NO_USER_NS_SUPPORT", "the kernel has no user namespaces", Release{2, 4, 99}},
}
