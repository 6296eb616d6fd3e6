#include "privileges.h"

namespace stave::native {

Privileges privilegesOf(schema::Security::Reader security, const Identity& identity,
                        SeccompCache& cache) {
  Privileges result;
  bool privileged = security.getPrivileged();
  result.bounding = privileged ? allCapabilities()
                               : adjustCapabilities(security.getAddCapabilities(),
                                                    security.getDropCapabilities());
  result.effective = identity.uid == 0 ? result.bounding : 0;
  result.noNewPrivileges = security.getNoNewPrivileges();
  std::string profile = security.getSeccomp();
  if (!privileged && profile != "unconfined") result.seccomp = cache.get(profile, result.bounding);
  return result;
}

void planPrivileges(PlanWriter& writer, const Privileges& privileges, const Identity& identity) {
  using plan::Operation;
  writer.step(Operation::bounding, "dropping capabilities").first = privileges.bounding;
  auto& user = writer.step(Operation::identity, "becoming user " + std::to_string(identity.uid) +
                                                    ":" + std::to_string(identity.gid));
  user.first = identity.uid;
  user.second = identity.gid;
  user.other = writer.bytes(identity.groups.data(), identity.groups.size() * sizeof(uint32_t));
  writer.step(Operation::findCommand, "looking for the command");
  if (privileges.noNewPrivileges) writer.step(Operation::noNewPrivileges, "setting no_new_privs");
  if (privileges.seccomp != nullptr) {
    auto& filter = writer.step(Operation::seccomp, "installing the system call filter");
    filter.text = writer.bytes(privileges.seccomp->data(), privileges.seccomp->size());
  }
  writer.step(Operation::capabilities, "setting capabilities").first = privileges.effective;
}

}  // namespace stave::native
