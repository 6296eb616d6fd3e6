#pragma once

#include "mount_plan.h"

namespace stave::native {

/// Adds a step that makes a file system. Returns the slot of its tree.
int planTree(PlanWriter& writer, const std::string& type, const std::vector<std::string>& options,
             uint64_t attributes, uint32_t flags = 0);

/// Adds a step that shows a tree at a place.
void planAttach(PlanWriter& writer, int slot, const std::string& target, uint32_t flags = 0);

/// The file systems that every container has. The trees are made before the root changes, because a
/// user namespace may mount /proc only while it sees another one.
class SystemMounts {
 public:
  SystemMounts(PlanWriter& writer, const MountParts& parts) : writer_(writer), parts_(parts) {}

  void planTrees();
  void planAttachments();

 private:
  bool mounted(const char* target) const;  ///< by the spec itself
  bool ownIpc() const { return parts_.spec.getIpc().isOwn(); }
  bool privileged() const { return parts_.spec.getSecurity().getPrivileged(); }
  bool userNamespace() const { return parts_.spec.getSecurity().getUserNamespace(); }
  int hostTree(const std::string& path, bool recursive);
  void planDevices();
  void planDevice(const std::string& hostPath, const std::string& path);
  void planCgroups();

  PlanWriter& writer_;
  const MountParts& parts_;
  int proc_ = -1;
  int sys_ = -1;
  int dev_ = -1;
  int terminals_ = -1;
  int shm_ = -1;
  int mqueue_ = -1;
  int cgroupBase_ = -1;
};

}  // namespace stave::native
