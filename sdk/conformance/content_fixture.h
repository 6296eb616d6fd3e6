#pragma once

#include <stave/conformance/subject.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/schema/content.capnp.h>

#include <optional>
#include <string>
#include <vector>

namespace stave::conformance {

/// The writer's end of an ingest, with its file.
struct Writer {
  schema::Ingest::Client ingest;
  os::Fd file;
  uint64_t offset = 0;

  void write(const std::string& bytes, uint64_t at);
  kj::Promise<void> commit(const std::string& digest, uint64_t size, bool verified = false);
};

/// What came of asking to ingest.
struct Begun {
  std::optional<uint64_t> exists;
  kj::Maybe<Writer> writer = nullptr;
  kj::Maybe<schema::Waiter::Client> busy = nullptr;
};

/// The subject, with its calls as functions on plain data.
class ContentClient {
 public:
  ContentClient() : content(subject<schema::Content>()) {}

  /// Another one than the subject: what a registry works with.
  explicit ContentClient(schema::Content::Client other) : content(kj::mv(other)) {}

  Begun begin(const std::string& digest, uint64_t size = 0);
  Writer beginWriting(const std::string& digest, uint64_t size = 0);  ///< it must be ours to write
  std::string put(const std::string& bytes);                          ///< gives the digest

  std::string get(const std::string& digest);
  bool has(const std::string& digest);
  kj::Promise<void> stat(const std::string& digest);
  kj::Promise<void> open(const std::string& digest);
  kj::Promise<void> follow(const std::string& digest);

  schema::Hold::Client hold(const std::vector<std::string>& digests, const std::string& name,
                            bool persistent = false);
  void release(const std::string& name);
  std::vector<std::string> holdNames();
  uint32_t collectAll();

  schema::Content::Client content;
};

bool waitFor(schema::Waiter::Client waiter);  ///< gives `complete`

}  // namespace stave::conformance
