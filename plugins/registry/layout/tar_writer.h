#pragma once

#include <stave/os/file.h>

#include <functional>
#include <memory>
#include <string>

#include "file_set.h"

struct archive;

namespace stave::layout {

/// Writes a tar file beside its place and puts it there when it is finished; unfinished, it leaves
/// nothing behind.
class TarWriter {
 public:
  explicit TarWriter(std::string path);
  ~TarWriter();
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  /// `produce` gives exactly `size` bytes to the sink that it gets.
  void add(const std::string& name, uint64_t size,
           const std::function<void(const ByteSink&)>& produce);
  void add(const std::string& name, const std::string& text);
  void finish();

 private:
  struct Free {
    void operator()(archive* writer) const;
  };
  void check(int code, const std::string& attempted);

  std::string path_;
  std::string temporary_;
  os::Fd file_;
  std::unique_ptr<archive, Free> writer_;
  bool finished_ = false;
};

}  // namespace stave::layout
