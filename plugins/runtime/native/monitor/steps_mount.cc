#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/mount.h>

#include "child.h"
#include "target.h"

namespace stave::monitor {

namespace {

long setAttributes(int directory, const char* path, unsigned flags, const mount_attr& attributes) {
  return sys::invoke(__NR_mount_setattr, directory, path, flags, &attributes, sizeof(attributes));
}

long moveTo(int tree, int target) {
  return sys::invoke(__NR_move_mount, tree, "", target, "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

long copyOf(int directory, const char* path, unsigned flags) {
  return sys::invoke(__NR_open_tree, directory, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
}

/// Sets the options of a file system; pairs of texts, a value that is empty means a flag.
long configure(int context, const char* options, size_t size) {
  const char* end = options + size;
  while (options < end) {
    const char* key = options;
    const char* value = key + strlen(key) + 1;
    bool isFlag = *value == 0;
    long result =
        sys::invoke(__NR_fsconfig, context, isFlag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key,
                    isFlag ? nullptr : value, 0);
    if (result < 0) return result;
    options = value + strlen(value) + 1;
  }
  return sys::invoke(__NR_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
}

long newTree(const char* type, const char* options, size_t size, uint64_t attributes) {
  sys::Fd context(sys::invoke(__NR_fsopen, type, FSOPEN_CLOEXEC));
  if (!context.open()) return context.error();
  long result = configure(context.get(), options, size);
  if (result < 0) return result;
  return sys::invoke(__NR_fsmount, context.get(), FSMOUNT_CLOEXEC, attributes);
}

/// A copy of an empty, unwritable directory.
long newMask(Child& child) {
  if (child.maskTree >= 0) return copyOf(child.maskTree, "", AT_EMPTY_PATH);
  constexpr char options[] =
      "size\0"
      "4096";
  constexpr uint64_t attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  long tree = newTree("tmpfs", options, sizeof(options), attributes);
  child.maskTree = static_cast<int>(tree);
  return tree;
}

bool isMissing(long error) {
  return error == -ENOENT || error == -ENOTDIR;
}

}  // namespace

long steps::makePrivate(Child&, const plan::Step&) {
  mount_attr attributes{};
  attributes.propagation = MS_PRIVATE;
  return setAttributes(AT_FDCWD, "/", AT_RECURSIVE, attributes);
}

long steps::createTree(Child& child, const plan::Step& step) {
  long tree =
      newTree(child.plan.text(step.text), child.plan.text(step.other), step.other.size, step.first);
  if (tree >= 0) child.plan.setDescriptor(step.slot, static_cast<int>(tree));
  return tree;
}

long steps::pivotRoot(Child& child, const plan::Step& step) {
  sys::Fd old(sys::openAt(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!old.open()) return old.error();
  int root = child.plan.descriptor(step.slot);
  long result = sys::invoke(__NR_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
  if (result < 0) return result;
  result = sys::invoke(__NR_fchdir, root);
  if (result < 0) return result;
  result = sys::invoke(__NR_pivot_root, ".", ".");
  if (result < 0) return result;
  result = sys::invoke(__NR_fchdir, old.get());
  if (result < 0) return result;
  result = sys::invoke(__NR_umount2, ".", MNT_DETACH);
  if (result < 0) return result;
  return sys::invoke(__NR_chdir, "/");
}

long steps::attachTree(Child& child, const plan::Step& step) {
  sys::Fd target(openOrMake(child.plan.text(step.text), step.flags));
  if (!target.open()) return target.error();
  return moveTo(child.plan.descriptor(step.slot), target.get());
}

long steps::makeDirectory(Child& child, const plan::Step& step) {
  sys::Fd made(
      makeDirectories(AT_FDCWD, child.plan.text(step.text), static_cast<unsigned>(step.first)));
  return made.error();
}

long steps::makeSymlink(Child& child, const plan::Step& step) {
  return sys::invoke(__NR_symlinkat, child.plan.text(step.other), AT_FDCWD,
                     child.plan.text(step.text));
}

long steps::makeDevice(Child& child, const plan::Step& step) {
  const char* path = child.plan.text(step.text);
  sys::Fd parent(openParent(path));
  if (!parent.open()) return parent.error();
  const char* name = lastComponent(path);
  sys::invoke(__NR_unlinkat, parent.get(), name, 0);
  long result = sys::invoke(__NR_mknodat, parent.get(), name, step.first, step.second);
  if (result < 0) return result;
  result = sys::invoke(__NR_fchmodat, parent.get(), name, step.first & 07777);
  if (result < 0 || step.third == 0) return result;
  return sys::invoke(__NR_fchownat, parent.get(), name, step.third >> 32, step.third & 0xffff'ffff,
                     0);
}

long steps::maskPath(Child& child, const plan::Step& step) {
  sys::Fd target(openTarget(child.plan.text(step.text), 0));
  if (!target.open()) return isMissing(target.error()) ? 0 : target.error();
  bool first = child.maskTree < 0;
  long tree = isDirectory(target.get()) ? newMask(child) : copyOf(AT_FDCWD, "/dev/null", 0);
  if (tree < 0) return tree;
  long result = moveTo(static_cast<int>(tree), target.get());
  bool kept = first && tree == child.maskTree;
  if (!kept) sys::close(static_cast<int>(tree));
  return result;
}

long steps::readOnlyPath(Child& child, const plan::Step& step) {
  sys::Fd target(openTarget(child.plan.text(step.text), 0));
  if (!target.open()) return isMissing(target.error()) ? 0 : target.error();
  sys::Fd tree(copyOf(target.get(), "", AT_EMPTY_PATH | AT_RECURSIVE));
  if (!tree.open()) return tree.error();
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  long result = setAttributes(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, attributes);
  return result < 0 ? result : moveTo(tree.get(), target.get());
}

long steps::readOnlyRoot(Child&, const plan::Step&) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return setAttributes(AT_FDCWD, "/", 0, attributes);
}

long steps::workingDirectory(Child& child, const plan::Step& step) {
  sys::Fd directory(makeDirectories(AT_FDCWD, child.plan.text(step.text), 0755));
  if (!directory.open()) return directory.error();
  return sys::invoke(__NR_fchdir, directory.get());
}

}  // namespace stave::monitor
