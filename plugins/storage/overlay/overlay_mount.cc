#include "overlay_mount.h"

#include <fcntl.h>

#include "stave/error.h"
#include "stave/layer/bind.h"

namespace stave::overlay {

namespace {

/// Where layers are taken from: the directory itself, or an id-mapped view of it, in which files
/// have the owners that the container is to see.
os::Fd openRoot(const Stack& stack) {
  if (stack.mappings.empty()) return os::open(stack.root, O_PATH | O_DIRECTORY);
  return layer::bindTree(stack.root, stack.mappings, false);
}

/// A path below the stack's root, relative to it.
std::string relative(const Stack& stack, const std::string& path) {
  return path.substr(stack.root.size() + 1);
}

void setLayer(os::FsContext& overlay, const std::string& key, int root, const std::string& path) {
  overlay.setFd(key, os::openAt(root, path, O_PATH | O_DIRECTORY));
}

}  // namespace

os::Fd mountOverlay(const Stack& stack) {
  if (stack.lower.size() > maxLowerLayers) {
    fail(ErrorCode::UNSUPPORTED, "the image has " + std::to_string(stack.lower.size()) +
                                     " layers; overlayfs takes " + std::to_string(maxLowerLayers));
  }
  auto root = openRoot(stack);
  os::FsContext overlay("overlay");
  overlay.set("source", "stave");
  for (auto& link : stack.lower) {
    setLayer(overlay, "lowerdir+", root, relative(stack, link.place.content()));
  }
  setLayer(overlay, "lowerdir+", root, relative(stack, stack.lowest));
  if (!stack.top.empty()) {
    setLayer(overlay, "upperdir", root, relative(stack, stack.top + "/fs"));
    setLayer(overlay, "workdir", root, relative(stack, stack.top + "/work"));
  }
  for (auto* option : {"index", "metacopy", "xino"}) overlay.set(option, "off");
  overlay.set("redirect_dir", "nofollow");
  overlay.set("uuid", "null");
  if (stack.isVolatile && !stack.top.empty()) overlay.setFlag("volatile");
  return overlay.mount(stack.top.empty() ? MOUNT_ATTR_RDONLY : 0);
}

os::Fd cloneMount(int tree, bool readOnly) {
  auto clone = os::cloneTree(tree, false);
  os::MountAttributes attributes;
  if (readOnly) attributes.set = MOUNT_ATTR_RDONLY;
  if (readOnly) os::setMountAttributes(clone, attributes);
  return clone;
}

}  // namespace stave::overlay
