#pragma once

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/capability.h>
#include <stave/conformance/subject.h>
#include <stave/os/file.h>
#include <stave/schema/runtime.capnp.h>
#include <stave/testing/temp_directory.h>

#include <string>
#include <vector>

namespace stave::conformance {

/// The streams of a process, read and written as frames.
class RuntimeStreams {
 public:
  explicit RuntimeStreams(schema::Process::Client process);

  void send(std::string_view text);
  void endInput();
  void readToEnd();
  void readUntil(std::string_view text);  ///< in standard output

  std::string output;
  std::string errors;
  std::vector<char> ended;  ///< the streams whose end was told, in order

 private:
  Task<bool> readFrame();
  void sendFrame(uint8_t kind, std::string_view payload);

  kj::Own<kj::AsyncIoStream> socket_;
};

struct RuntimeOutcome {
  int code = -1;
  bool oomKilled = false;
  std::string output;
  std::string errors;
};

/// Every test has a root file system with busybox, and leaves no container behind.
class RuntimeConformance : public ::testing::Test {
 public:
  ~RuntimeConformance() noexcept override {}

 protected:
  using Configure = kj::Function<void(schema::ContainerSpec::Builder)>;
  using Arguments = std::vector<std::string>;

  RuntimeConformance();
  void TearDown() override;

  schema::Runtime::Client runtime() { return subject<schema::Runtime>(); }

  /// A fresh detached mount of the root file system.
  schema::Fd::Client root();
  schema::Fd::Client newNetwork();

  capnp::RemotePromise<schema::Runtime::CreateResults> requestCreate(
      const std::string& id, Arguments arguments, Configure configure = [](auto) {});
  capnp::RemotePromise<schema::Runtime::ReserveResults> reserve(const std::string& id,
                                                                const std::string& parent = "");
  schema::Container::Client create(
      const std::string& id, Arguments arguments, Configure configure = [](auto) {});

  /// Creates, starts, reads everything, waits and deletes.
  RuntimeOutcome run(
      Arguments arguments, Configure configure = [](auto) {});
  RuntimeOutcome shell(
      const std::string& script, Configure configure = [](auto) {});

  schema::Container::Client started(
      const std::string& id, Arguments arguments, Configure configure = [](auto) {});
  RuntimeOutcome exec(
      schema::Container::Client container, Arguments arguments,
      kj::Function<void(schema::ExecSpec::Builder)> configure = [](auto) {});

  pid_t start(schema::Container::Client container);
  int exitCode(schema::Container::Client container);
  schema::ContainerState::Phase phase(schema::Container::Client container);
  void remove(schema::Container::Client container);
  schema::Container::Client get(const std::string& id);
  schema::Process::Client attach(schema::Container::Client container);

  testing::TempDirectory directory{"runtime"};
  std::string rootPath;
};

void setTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts);

}  // namespace stave::conformance
