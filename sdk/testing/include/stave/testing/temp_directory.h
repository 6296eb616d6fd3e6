#pragma once

#include <string>

namespace stave::testing {

/// An empty directory below $TMPDIR that is removed with everything in it.
class TempDirectory {
 public:
  explicit TempDirectory(const std::string& label = "test");
  ~TempDirectory() noexcept;
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace stave::testing
