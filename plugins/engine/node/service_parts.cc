#include "service_parts.h"

namespace stave::node {

void fillProcesses(capnp::List<schema::ProcessInfo>::Builder target,
                   const std::vector<ProcessRow>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    target[i].setPid(rows[i].pid);
    target[i].setParent(rows[i].parent);
    target[i].setUid(rows[i].uid);
    target[i].setUser(std::to_string(rows[i].uid).c_str());
    target[i].setCommand(rows[i].command.c_str());
    target[i].setTerminal(rows[i].terminal.c_str());
    target[i].setCpuMillis(rows[i].cpuMillis);
    target[i].setStartedAt(rows[i].startedAt);
    target[i].setMemory(rows[i].memory);
  }
}

}  // namespace stave::node
