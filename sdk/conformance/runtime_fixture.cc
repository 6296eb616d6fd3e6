#include "runtime_fixture.h"

#include <fcntl.h>
#include <stave/os/mount.h>
#include <stave/os/netns.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stave::conformance {

namespace {

constexpr uint8_t endOfStream = 3;
constexpr const char* applets[] = {"sh",   "cat",    "echo",  "sleep",    "true",  "false", "id",
                                   "ls",   "head",   "stat",  "mount",    "mkdir", "touch", "stty",
                                   "kill", "grep",   "yes",   "hostname", "dd",    "tail",  "tty",
                                   "seq",  "chmod",  "mknod", "wc",       "env",   "pwd",   "ps",
                                   "test", "chroot", "nproc", "unshare"};

void write(const std::string& path, std::string_view content) {
  os::Fd file = os::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  os::writeAll(file, content.data(), content.size());
}

void makeRoot(const std::string& root) {
  for (const char* name : {"bin", "etc", "tmp", "proc", "sys", "dev", "root", "data"}) {
    os::makeDirectories(root + "/" + name);
  }
  std::string busybox = os::readFile("/bin/busybox");
  write(root + "/bin/busybox", busybox);
  chmod((root + "/bin/busybox").c_str(), 0755);
  for (const char* applet : applets) symlink("busybox", (root + "/bin/" + applet).c_str());
  write(root + "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n");
  write(root + "/etc/group", "root:x:0:\nalice:x:1000:\nwheel:x:10:alice\n");
  write(root + "/data/from-image", "image\n");
  write(root + "/etc/not-executable", "text\n");
}

}  // namespace

void setTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts) {
  for (unsigned i = 0; i < texts.size(); i++) list.set(i, texts[i].c_str());
}

RuntimeStreams::RuntimeStreams(schema::Process::Client process) {
  auto reply = wait(process.streamsRequest().send(), "the streams of a process");
  auto socket = wait(takeFd(reply.getSocket(), "the streams").promise());
  socket_ = loop().io().lowLevelProvider->wrapSocketFd(
      kj::mv(socket), kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
}

void RuntimeStreams::sendFrame(uint8_t kind, std::string_view payload) {
  std::string frame(8, 0);
  frame[0] = static_cast<char>(kind);
  for (int i = 0; i < 4; i++) frame[4 + i] = static_cast<char>(payload.size() >> (24 - 8 * i));
  frame += payload;
  wait(socket_->write(frame.data(), frame.size()), "input to be taken");
}

void RuntimeStreams::send(std::string_view text) {
  sendFrame(0, text);
}

void RuntimeStreams::endInput() {
  sendFrame(endOfStream, std::string_view("\0", 1));
}

Task<bool> RuntimeStreams::readFrame() {
  uint8_t header[8];
  auto size = co_await socket_->tryRead(header, sizeof(header), sizeof(header));
  if (size != sizeof(header)) co_return false;
  size_t length = 0;
  for (int i = 4; i < 8; i++) length = length << 8 | header[i];
  std::string payload(length, 0);
  auto got = co_await socket_->tryRead(payload.data(), length, length);
  if (got != length) co_return false;
  if (header[0] == 1) output += payload;
  if (header[0] == 2) errors += payload;
  if (header[0] == endOfStream) ended.push_back(payload[0]);
  co_return true;
}

void RuntimeStreams::readToEnd() {
  while (wait(readFrame().promise(), "output")) {
  }
}

void RuntimeStreams::readUntil(std::string_view text) {
  while (output.find(text) == std::string::npos) {
    if (!wait(readFrame().promise(), "output")) {
      fail(ErrorCode::INTERNAL,
           "the output ended without \"" + std::string(text) + "\": " + output);
    }
  }
}

RuntimeConformance::RuntimeConformance() : rootPath(directory / "root") {
  makeRoot(rootPath);
}

void RuntimeConformance::TearDown() {
  auto list = wait(runtime().listRequest().send());
  for (auto state : list.getContainers()) remove(get(state.getId()));
}

schema::Fd::Client RuntimeConformance::root() {
  return makeFd(os::cloneTree(rootPath, false));
}

schema::Fd::Client RuntimeConformance::newNetwork() {
  return makeFd(os::makeNetworkNamespace());
}

capnp::RemotePromise<schema::Runtime::CreateResults> RuntimeConformance::requestCreate(
    const std::string& id, Arguments arguments, Configure configure) {
  auto request = runtime().createRequest();
  auto spec = request.initSpec();
  spec.setId(id);
  spec.setRoot(root());
  setTexts(spec.initArguments(static_cast<unsigned>(arguments.size())), arguments);
  setTexts(spec.initEnvironment(1), {"PATH=/bin"});
  configure(spec);
  return request.send();
}

capnp::RemotePromise<schema::Runtime::ReserveResults> RuntimeConformance::reserve(
    const std::string& id, const std::string& parent) {
  auto request = runtime().reserveRequest();
  request.setId(id);
  request.setCgroupParent(parent);
  return request.send();
}

schema::Container::Client RuntimeConformance::create(const std::string& id, Arguments arguments,
                                                     Configure configure) {
  auto reply = wait(requestCreate(id, kj::mv(arguments), kj::mv(configure)), "a container");
  return reply.getContainer();
}

pid_t RuntimeConformance::start(schema::Container::Client container) {
  return wait(container.startRequest().send(), "a start").getPid();
}

schema::Container::Client RuntimeConformance::started(const std::string& id, Arguments arguments,
                                                      Configure configure) {
  auto container = create(id, kj::mv(arguments), kj::mv(configure));
  start(container);
  return container;
}

int RuntimeConformance::exitCode(schema::Container::Client container) {
  return wait(container.waitRequest().send(), "an exit").getExit().getCode();
}

schema::ContainerState::Phase RuntimeConformance::phase(schema::Container::Client container) {
  return wait(container.stateRequest().send()).getState().getPhase();
}

void RuntimeConformance::remove(schema::Container::Client container) {
  wait(container.deleteRequest().send(), "a deletion");
}

schema::Container::Client RuntimeConformance::get(const std::string& id) {
  auto request = runtime().getRequest();
  request.setId(id);
  return wait(request.send()).getContainer();
}

schema::Process::Client RuntimeConformance::attach(schema::Container::Client container) {
  return wait(container.attachRequest().send()).getProcess();
}

RuntimeOutcome RuntimeConformance::run(Arguments arguments, Configure configure) {
  auto container = create("once", kj::mv(arguments), kj::mv(configure));
  RuntimeStreams streams(attach(container));
  start(container);
  streams.readToEnd();
  auto exit = wait(container.waitRequest().send(), "an exit");
  remove(container);
  return {exit.getExit().getCode(), exit.getExit().getOomKilled(), streams.output, streams.errors};
}

RuntimeOutcome RuntimeConformance::shell(const std::string& script, Configure configure) {
  return run({"sh", "-c", script}, kj::mv(configure));
}

RuntimeOutcome RuntimeConformance::exec(schema::Container::Client container, Arguments arguments,
                                        kj::Function<void(schema::ExecSpec::Builder)> configure) {
  auto request = container.execRequest();
  auto spec = request.initSpec();
  setTexts(spec.initArguments(static_cast<unsigned>(arguments.size())), arguments);
  configure(spec);
  auto process = wait(request.send(), "an exec").getProcess();
  RuntimeStreams streams(process);
  streams.readToEnd();
  auto exitReply = wait(process.waitRequest().send(), "the exit of an exec");
  auto exit = exitReply.getExit();
  return {exit.getCode(), exit.getOomKilled(), streams.output, streams.errors};
}

}  // namespace stave::conformance
