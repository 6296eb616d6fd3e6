#include "stave/layer/bind.h"

#include "stave/error.h"
#include "stave/os/mount.h"

namespace stave::layer {

namespace {

void shiftOwners(int tree, const std::string& path, const os::IdMappings& mappings) {
  auto userNamespace = os::makeUserNamespace(mappings);
  os::MountAttributes attributes;
  attributes.set = MOUNT_ATTR_IDMAP;
  attributes.userNamespace = userNamespace;
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { os::setMountAttributes(tree, attributes); })) {
    fail(ErrorCode::UNSUPPORTED, "showing " + path + " with shifted owners: " + textOf(*exception) +
                                     "; its file system may not know id-mapped mounts");
  }
}

}  // namespace

os::Fd bindTree(const std::string& path, const os::IdMappings& mappings, bool readOnly) {
  auto tree = os::cloneTree(path, false);
  if (!mappings.empty()) shiftOwners(tree, path, mappings);
  if (readOnly) {
    os::MountAttributes attributes;
    attributes.set = MOUNT_ATTR_RDONLY;
    os::setMountAttributes(tree, attributes);
  }
  return tree;
}

}  // namespace stave::layer
