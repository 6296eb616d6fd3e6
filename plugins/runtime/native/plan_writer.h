#pragma once

#include <stave/error.h>
#include <stave/os/file.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "plan_format.h"

namespace stave::native {

/// Puts a plan for the monitor together: the steps with what each one is for, the texts, and the
/// descriptors that go along.
class PlanWriter {
 public:
  PlanWriter();

  plan::Header& header() { return header_; }

  /// Gives a descriptor to the monitor. It must stay open until the monitor has been started.
  int give(int fd);
  int give(os::Fd fd);  ///< kept open by this

  /// A slot for a descriptor that a step makes.
  int newSlot() { return nextMade_++; }

  plan::Text text(std::string_view text);
  plan::Text texts(const std::vector<std::string>& list);
  plan::Text bytes(const void* data, size_t size);

  /// Adds a step. `purpose` stands in front of the system's error when it fails: "mounting /proc".
  plan::Step& step(plan::Operation operation, std::string purpose);

  /// The whole plan. The writer is not used for more afterwards.
  std::string finish();

  const std::vector<int>& descriptors() const { return given_; }  ///< of the slots from 0 on
  const std::string& purpose(uint32_t step) const { return purposes_.at(step); }
  plan::Operation operation(uint32_t step) const { return steps_.at(step).operation; }

 private:
  plan::Header header_{};
  std::vector<plan::Step> steps_;
  std::vector<std::string> purposes_;
  std::string texts_;
  std::vector<int> given_;
  std::vector<os::Fd> kept_;
  int nextMade_ = plan::maximumGiven;
};

/// Throws what a monitor reported, in words.
[[noreturn]] void failReport(const PlanWriter& writer, const plan::Report& report,
                             const std::string& command);

}  // namespace stave::native
