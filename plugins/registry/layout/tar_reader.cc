#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/file.h>

#include <map>

#include "file_set.h"

namespace stave::layout {

namespace {

constexpr size_t blockSize = 256 * 1024;
constexpr unsigned maxLinks = 8;
constexpr size_t maxMembers = 100'000;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeArchive>;

/// "./a//b/../c" is "a/c": what a link or a sloppy writer means.
std::string plainName(const std::string& name) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < name.size();) {
    size_t end = std::min(name.find('/', begin), name.size());
    std::string part = name.substr(begin, end - begin);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
    begin = end + 1;
  }
  std::string result;
  for (const std::string& part : parts) result += (result.empty() ? "" : "/") + part;
  return result;
}

/// Goes through the tar from its beginning whenever something is read: a tar has no directory, and
/// the few files of an image are not worth an unpacked copy.
class Tar final : public FileSet {
 public:
  explicit Tar(std::string path) : path_(std::move(path)) { index(); }

  std::optional<uint64_t> find(const std::string& name) override;
  void read(const std::string& name, const ByteSink& sink) override;
  std::vector<std::string> names() override;
  const std::string& place() const override { return path_; }

 private:
  struct Member {
    uint64_t size = 0;
    std::string link;  ///< another member that has the bytes
  };
  struct Session {
    os::Fd file;
    Reader reader;
  };
  Session openSession() const;
  bool next(Session& session, archive_entry*& entry) const;
  [[noreturn]] void refuse(archive* reader) const;
  void index();
  const Member* resolve(std::string& name) const;
  void copy(archive* reader, const ByteSink& sink) const;

  std::string path_;
  std::map<std::string, Member> members_;
};

void Tar::refuse(archive* reader) const {
  const char* text = archive_error_string(reader);
  fail(ErrorCode::INVALID,
       path_ + ": cannot be read as a tar file: " + (text == nullptr ? "it is damaged" : text));
}

Tar::Session Tar::openSession() const {
  Session session{os::open(path_, O_RDONLY), Reader(archive_read_new())};
  archive* reader = session.reader.get();
  archive_read_support_format_tar(reader);
  archive_read_support_filter_all(reader);
  if (archive_read_open_fd(reader, session.file.get(), blockSize) != ARCHIVE_OK) refuse(reader);
  return session;
}

bool Tar::next(Session& session, archive_entry*& entry) const {
  int code = archive_read_next_header(session.reader.get(), &entry);
  if (code == ARCHIVE_EOF) return false;
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse(session.reader.get());
  return true;
}

void Tar::index() {
  Session session = openSession();
  archive_entry* entry = nullptr;
  while (next(session, entry)) {
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) continue;
    std::string name = plainName(raw);
    Member member;
    if (const char* link = archive_entry_symlink(entry)) {
      member.link = plainName(name.substr(0, name.rfind('/') + 1) + link);
      if (name.find('/') == std::string::npos) member.link = plainName(link);
    } else if (const char* hard = archive_entry_hardlink(entry)) {
      member.link = plainName(hard);
    } else if (archive_entry_filetype(entry) != AE_IFREG) {
      continue;
    }
    member.size = archive_entry_size(entry);
    members_.insert_or_assign(name, std::move(member));
    if (members_.size() > maxMembers) fail(ErrorCode::INVALID, path_ + ": has too many members");
  }
}

const Tar::Member* Tar::resolve(std::string& name) const {
  name = plainName(name);
  for (unsigned hop = 0; hop < maxLinks; ++hop) {
    auto found = members_.find(name);
    if (found == members_.end()) return nullptr;
    if (found->second.link.empty()) return &found->second;
    name = found->second.link;
  }
  return nullptr;
}

std::optional<uint64_t> Tar::find(const std::string& wanted) {
  std::string name = wanted;
  const Member* member = resolve(name);
  return member == nullptr ? std::nullopt : std::optional<uint64_t>(member->size);
}

void Tar::copy(archive* reader, const ByteSink& sink) const {
  for (;;) {
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int code = archive_read_data_block(reader, &data, &size, &offset);
    if (code == ARCHIVE_EOF) return;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse(reader);
    sink(static_cast<const char*>(data), size);
  }
}

void Tar::read(const std::string& wanted, const ByteSink& sink) {
  std::string name = wanted;
  if (resolve(name) == nullptr) fail(ErrorCode::NOT_FOUND, path_ + ": has no file " + wanted);
  Session session = openSession();
  archive_entry* entry = nullptr;
  while (next(session, entry)) {
    const char* raw = archive_entry_pathname(entry);
    bool regular = archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry);
    if (raw == nullptr || !regular || plainName(raw) != name) continue;
    return copy(session.reader.get(), sink);
  }
  fail(ErrorCode::CONFLICT, path_ + ": was changed while it was read");
}

std::vector<std::string> Tar::names() {
  std::vector<std::string> result;
  for (auto& [name, member] : members_) result.push_back(name);
  return result;
}

}  // namespace

std::unique_ptr<FileSet> openTar(const std::string& path) {
  if (!os::exists(path)) fail(ErrorCode::NOT_FOUND, path + ": there is no such file");
  return std::make_unique<Tar>(path);
}

}  // namespace stave::layout
