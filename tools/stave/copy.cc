// cp: files between a container and here, carried as a tar that tar(1) makes or unpacks.
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/process.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "archive_streams.h"
#include "output.h"
#include "statistics.h"

namespace stave::cli {

namespace {

struct CopyFlags {
  bool archive = false, followLinks = false, quiet = false;
};

struct Place {
  std::string container;  // empty: here
  std::string path;
};

Place parsePlace(const std::string& text) {
  auto colon = text.find(':');
  bool local =
      colon == std::string::npos || text.front() == '/' || text.front() == '.' || colon == 0;
  if (local) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string withoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}
std::string baseOf(const std::string& path) {
  return std::filesystem::path(withoutSlash(path)).filename();
}
std::string parentOf(const std::string& path) {
  auto parent = std::filesystem::path(withoutSlash(path)).parent_path().string();
  return parent.empty() ? "." : parent;
}

/// tar's option to give the topmost entry another name.
std::string renaming(const std::string& from, const std::string& to) {
  auto escaped = [](const std::string& text, const char* special) {
    std::string result;
    for (char letter : text) {
      if (std::string_view(special).find(letter) != std::string_view::npos) result += '\\';
      result += letter;
    }
    return result;
  };
  return "--transform=s|^" + escaped(from, "\\.[]*^$|") + "\\($\\|/\\)|" + escaped(to, "\\&|") +
         "\\1|";
}

struct Pipe {
  kj::AutoCloseFd reader, writer;
};

Pipe newPipe() {
  int ends[2];
  KJ_SYSCALL(::pipe2(ends, O_CLOEXEC));
  return {kj::AutoCloseFd(ends[0]), kj::AutoCloseFd(ends[1])};
}

os::ChildProcess startTar(Session& session, std::vector<std::string> arguments, int here,
                          int there) {
  os::SpawnOptions options;
  options.arguments = {"/bin/tar"};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  options.descriptors = {{here, there}, {STDERR_FILENO, STDERR_FILENO}};
  return os::spawn(session.io().unixEventPort, options);
}

void checkTar(Session& session, os::ChildProcess& tar) {
  auto status = session.wait(tar.wait());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  fail(ErrorCode::INTERNAL, "tar could not copy everything; it says why above");
}

void copyOut(Session& session, const Place& source, const std::string& target) {
  auto request = session.client().engine().copyOutRequest();
  request.setPod(session.engineNameOf(source.container));
  request.setPath(source.path);
  bool ended = false;
  if (target == "-") {
    request.setSink(newDescriptorSink(kj::AutoCloseFd(::dup(STDOUT_FILENO)), ended));
    session.wait(request.send().ignoreResult());
    return;
  }
  bool into = std::filesystem::is_directory(target);
  auto directory = into ? target : parentOf(target);
  if (!std::filesystem::is_directory(directory)) {
    fail(ErrorCode::NOT_FOUND, "there is no directory " + directory + " to copy to");
  }
  std::vector<std::string> arguments{"-x", "-f", "-", "-C", directory};
  if (!into) arguments.push_back(renaming(baseOf(source.path), baseOf(target)));
  auto pipe = newPipe();
  auto tar = startTar(session, arguments, pipe.reader.get(), STDIN_FILENO);
  pipe.reader = nullptr;
  request.setSink(newDescriptorSink(kj::mv(pipe.writer), ended));
  session.wait(request.send().ignoreResult());
  checkTar(session, tar);
}

/// Whether the path in the container is a directory; one that does not exist is none.
bool isDirectoryInside(Session& session, const std::string& pod, const std::string& path) {
  auto request = session.client().engine().statRequest();
  request.setPod(pod);
  request.setPath(path);
  bool directory = false;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 directory = S_ISDIR(session.wait(request.send()).getInfo().getMode());
               })) {
    if (codeOf(*exception) != ErrorCode::NOT_FOUND) kj::throwFatalException(kj::mv(*exception));
  }
  return directory;
}

void copyIn(Session& session, const std::string& source, const Place& target,
            const CopyFlags& flags) {
  auto pod = session.engineNameOf(target.container);
  bool into = source == "-" || isDirectoryInside(session, pod, target.path);
  auto request = session.client().engine().copyInRequest();
  request.setPod(pod);
  request.setPath(into ? target.path : parentOf(target.path));
  request.setKeepOwners(flags.archive);
  request.setNoOverwriteDirectory(true);
  auto sink = request.send().getSink();
  if (source == "-") return sendArchive(session, "-", kj::mv(sink));
  if (!std::filesystem::exists(source)) {
    fail(ErrorCode::NOT_FOUND, "there is no file or directory " + source);
  }
  std::vector<std::string> arguments{"-c", "-f", "-", "-C", parentOf(source)};
  if (flags.followLinks) arguments.push_back("-h");
  auto base = baseOf(source);
  if (!into) arguments.push_back(renaming(base, baseOf(target.path)));
  arguments.insert(arguments.end(), {"--", base.empty() ? "." : base});
  auto pipe = newPipe();
  auto tar = startTar(session, arguments, pipe.writer.get(), STDOUT_FILENO);
  pipe.writer = nullptr;
  session.wait(sendDescriptor(session.io().unixEventPort, pipe.reader.get(), kj::mv(sink)));
  checkTar(session, tar);
}

}  // namespace

Action makeCopy(Flags& flags) {
  auto options = std::make_shared<CopyFlags>();
  flags.toggle("-a,--archive", options->archive, "Keep owners");
  flags.toggle("-L,--follow-link", options->followLinks, "Copy what links point to");
  flags.toggle("-q,--quiet", options->quiet, "Accepted; nothing is shown anyway");
  return [options](Session& session, const Words& words) {
    auto source = parsePlace(words[0]), target = parsePlace(words[1]);
    if (source.container.empty() == target.container.empty()) {
      throw UsageError("one side, and only one, must be CONTAINER:PATH");
    }
    if (target.container.empty()) {
      copyOut(session, source, target.path);
    } else {
      copyIn(session, source.path, target, *options);
    }
    return 0;
  };
}

}  // namespace stave::cli
