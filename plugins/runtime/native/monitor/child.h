#pragma once

#include "plan.h"
#include "system.h"

namespace stave::monitor {

/// The process that becomes the container's. It carries out the steps of the plan, waits until it
/// may start, and executes the command. Everything that happens here happens inside the new
/// namespaces.
struct Child {
  Plan& plan;
  int channel;     ///< a SOCK_SEQPACKET socket to the monitor, closed by the execution
  int streams[3];  ///< its ends of the pipes; -1: /dev/null
  uint32_t currentStep = 0;
  int maskTree = -1;  ///< an attached empty directory, to be copied
  const char* command = nullptr;
};

/// Carries out the plan and does not return.
[[noreturn]] void run(Child& child);

/// Carries out the steps that the monitor does itself. Returns false after having reported a
/// failure.
bool runEarlySteps(Plan& plan);

/// What the monitor and its child say to each other on the channel, one byte each.
enum class Word : char { mapped = 'm', prepared = 'p', start = 's' };

bool hear(int channel, Word expected);
void say(int channel, Word word);

/// `say` with a descriptor.
void sayWith(int channel, Word word, int fd);

void report(plan::ReportKind kind, uint32_t step, long error, int value);

using StepFunction = long (*)(Child&, const plan::Step&);

namespace steps {

long joinNamespaces(Child& child, const plan::Step& step);
long unshare(Child& child, const plan::Step& step);
long awaitMaps(Child& child, const plan::Step& step);
long enterCgroups(Child& child, const plan::Step& step);
long hostname(Child& child, const plan::Step& step);
long domainname(Child& child, const plan::Step& step);
long writeFile(Child& child, const plan::Step& step);
long limit(Child& child, const plan::Step& step);

long makePrivate(Child& child, const plan::Step& step);
long createTree(Child& child, const plan::Step& step);
long pivotRoot(Child& child, const plan::Step& step);
long attachTree(Child& child, const plan::Step& step);
long makeDirectory(Child& child, const plan::Step& step);
long makeSymlink(Child& child, const plan::Step& step);
long makeDevice(Child& child, const plan::Step& step);
long maskPath(Child& child, const plan::Step& step);
long readOnlyPath(Child& child, const plan::Step& step);
long readOnlyRoot(Child& child, const plan::Step& step);
long workingDirectory(Child& child, const plan::Step& step);

long streams(Child& child, const plan::Step& step);

long bounding(Child& child, const plan::Step& step);
long identity(Child& child, const plan::Step& step);
long findCommand(Child& child, const plan::Step& step);
long noNewPrivileges(Child& child, const plan::Step& step);
long seccomp(Child& child, const plan::Step& step);
long capabilities(Child& child, const plan::Step& step);

}  // namespace steps

}  // namespace stave::monitor
