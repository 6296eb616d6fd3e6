// Standard streams, terminals, logs and additional processes of a runtime.
#include <signal.h>

#include "runtime_fixture.h"

namespace stave::conformance {

namespace {

using Exec = schema::ExecSpec::Builder;

void interactive(schema::ContainerSpec::Builder spec) {
  spec.setOpenStdin(true);
  spec.setStdinOnce(true);
}

void logTo(schema::ContainerSpec::Builder spec, const std::string& path) {
  spec.initLog().setPath(path);
}

/// Stream, flag and text of each line; the time is checked to be one.
std::vector<std::string> logLines(const std::string& path) {
  std::vector<std::string> result;
  std::string content = os::readFile(path);
  for (size_t at = 0; at < content.size();) {
    size_t end = content.find('\n', at);
    size_t space = content.find(' ', at);
    EXPECT_EQ(space - at, 19u) << content;
    result.push_back(content.substr(space + 1, end - space - 1));
    at = end + 1;
  }
  return result;
}

}  // namespace

TEST_F(RuntimeConformance, InputReachesTheCommand) {
  auto container = create("cat", {"cat"}, interactive);
  RuntimeStreams streams(attach(container));
  start(container);
  streams.send("hello\n");
  streams.readUntil("hello\n");
  streams.send("more\n");
  streams.endInput();
  streams.readToEnd();
  EXPECT_EQ(streams.output, "hello\nmore\n");
  EXPECT_EQ(streams.ended, (std::vector<char>{1, 2}));
  EXPECT_EQ(exitCode(container), 0);
}

TEST_F(RuntimeConformance, WithoutInputItIsEmpty) {
  auto outcome = shell("cat; readlink /proc/self/fd/0; echo done");
  EXPECT_NE(outcome.output.find("done\n"), std::string::npos);
}

TEST_F(RuntimeConformance, TheLastToHaveInputClosesIt) {
  auto container = create("once-input", {"cat"}, interactive);
  {
    RuntimeStreams streams(attach(container));
    start(container);
    streams.send("x");
    streams.readUntil("x");
  }
  EXPECT_EQ(exitCode(container), 0);
}

TEST_F(RuntimeConformance, AttachmentsComeAndGo) {
  auto container = create("shared", {"sh", "-c", "while read line; do echo got $line; done"},
                          [](auto spec) { spec.setOpenStdin(true); });
  start(container);
  RuntimeStreams first(attach(container));
  {
    RuntimeStreams second(attach(container));
    second.send("one\n");
    second.readUntil("got one\n");
  }
  first.send("two\n");
  first.readUntil("got two\n");
  EXPECT_EQ(first.output, "got one\ngot two\n");
  remove(container);
}

TEST_F(RuntimeConformance, ASlowReaderNeverStopsTheContainer) {
  auto container = create("fast", {"sh", "-c", "yes 0123456789abcdef | head -c 20000000"});
  RuntimeStreams streams(attach(container));
  start(container);
  EXPECT_EQ(exitCode(container), 0);
  streams.readToEnd();
  EXPECT_GT(streams.output.size(), 64u << 10);
  EXPECT_LT(streams.output.size(), 20'000'000u);
}

TEST_F(RuntimeConformance, ATerminalIsOne) {
  auto container = create("tty", {"sh", "-c", "tty; stty size; echo err >&2; read x; echo got:$x"},
                          [](auto spec) {
                            spec.setTerminal(true);
                            spec.setOpenStdin(true);
                            spec.setConsoleWidth(90);
                            spec.setConsoleHeight(30);
                          });
  RuntimeStreams streams(attach(container));
  start(container);
  streams.readUntil("err\r\n");
  EXPECT_NE(streams.output.find("/dev/pts/0\r\n30 90\r\n"), std::string::npos) << streams.output;
  streams.send("line\n");
  streams.readToEnd();
  EXPECT_NE(streams.output.find("got:line\r\n"), std::string::npos) << streams.output;
  EXPECT_EQ(streams.errors, "");
  EXPECT_EQ(exitCode(container), 0);
}

TEST_F(RuntimeConformance, ATerminalCanBeResized) {
  auto container = create("resize", {"sh", "-c", "read x; stty size"}, [](auto spec) {
    spec.setTerminal(true);
    spec.setOpenStdin(true);
  });
  RuntimeStreams streams(attach(container));
  start(container);
  auto resize = container.resizeRequest();
  resize.setWidth(123);
  resize.setHeight(45);
  wait(resize.send());
  streams.send("\n");
  streams.readUntil("45 123");
  auto plain = create("plain", {"sleep", "100"});
  start(plain);
  EXPECT_EQ(failureOf(plain.resizeRequest().send()), ErrorCode::UNSUPPORTED);
}

TEST_F(RuntimeConformance, OutputIsLogged) {
  std::string path = directory / "log";
  shell("echo one; echo two >&2; echo -n three", [&](auto spec) { logTo(spec, path); });
  auto lines = logLines(path);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (std::vector<std::string>{"stderr F two", "stdout F one", "stdout P three"}));
}

TEST_F(RuntimeConformance, LogsRotate) {
  std::string path = directory / "log";
  shell("seq 1 5000", [&](auto spec) {
    auto log = spec.initLog();
    log.setPath(path);
    log.setMaxBytes(64 << 10);
    log.setMaxFiles(2);
  });
  EXPECT_TRUE(os::exists(path + ".1"));
  EXPECT_FALSE(os::exists(path + ".2"));
  EXPECT_LE(os::readFile(path + ".1").size(), 64u << 10);
  EXPECT_EQ(logLines(path).back(), "stdout F 5000");
}

TEST_F(RuntimeConformance, OutputIsLoggedWhileTheRuntimeIsDown) {
  std::string path = directory / "log";
  started("down", {"sh", "-c", "sleep 0.3; echo late; sleep 0.3"},
          [&](auto spec) { logTo(spec, path); });
  killSubject();
  testing::runFor(loop(), 500 * kj::MILLISECONDS);
  EXPECT_EQ(logLines(path), (std::vector<std::string>{"stdout F late"}));
  restartSubject();
}

TEST_F(RuntimeConformance, AMovedLogIsBegunAnew) {
  std::string path = directory / "log";
  auto container = create("moved", {"sh", "-c", "echo one; read x; echo two"}, [&](auto spec) {
    logTo(spec, path);
    spec.setOpenStdin(true);
  });
  RuntimeStreams streams(attach(container));
  start(container);
  streams.readUntil("one\n");
  os::rename(path, path + "-moved");
  wait(container.reopenLogRequest().send());
  streams.send("\n");
  exitCode(container);
  EXPECT_EQ(logLines(path), (std::vector<std::string>{"stdout F two"}));
}

TEST_F(RuntimeConformance, AnExecRunsInsideTheContainer) {
  auto container =
      started("host", {"sleep", "1000"}, [](auto spec) { spec.setHostname("inside"); });
  auto outcome =
      exec(container, {"sh", "-c", "hostname; ls /data; echo err >&2; ps | wc -l; exit 5"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_EQ(outcome.errors, "err\n");
  EXPECT_EQ(outcome.output.substr(0, 18), "inside\nfrom-image\n");
}

TEST_F(RuntimeConformance, AnExecHasItsOwnUserDirectoryAndVariables) {
  auto container = started("own", {"sleep", "1000"}, [](auto spec) {
    setTexts(spec.initEnvironment(2), {"PATH=/bin", "A=container"});
  });
  auto outcome = exec(container, {"sh", "-c", "id -u; pwd; echo $A $B"}, [](Exec spec) {
    spec.setUser("alice");
    spec.setWorkingDirectory("/data");
    setTexts(spec.initEnvironment(1), {"B=exec"});
  });
  EXPECT_EQ(outcome.output, "1000\n/data\ncontainer exec\n");
}

TEST_F(RuntimeConformance, AnExecCanHaveATerminalAndInput) {
  auto container = started("term", {"sleep", "1000"});
  auto request = container.execRequest();
  auto spec = request.initSpec();
  setTexts(spec.initArguments(3), {"sh", "-c", "tty; read x; echo got:$x"});
  spec.setTerminal(true);
  spec.setOpenStdin(true);
  auto process = wait(request.send()).getProcess();
  RuntimeStreams streams(process);
  streams.readUntil("/dev/pts/");
  EXPECT_GT(wait(process.pidRequest().send()).getPid(), 0);
  streams.send("it\n");
  streams.readToEnd();
  EXPECT_NE(streams.output.find("got:it"), std::string::npos) << streams.output;
  EXPECT_EQ(wait(process.waitRequest().send()).getExit().getCode(), 0);
}

TEST_F(RuntimeConformance, AnExecsOutputIsComplete) {
  auto container = started("bulk", {"sleep", "1000"});
  auto outcome = exec(container, {"sh", "-c", "yes 0123456789abcde | head -c 8000000"});
  EXPECT_EQ(outcome.output.size(), 8'000'000u);
}

TEST_F(RuntimeConformance, AMissingExecCommandIsNotFound) {
  auto container = started("miss", {"sleep", "1000"});
  auto request = container.execRequest();
  setTexts(request.initSpec().initArguments(1), {"nosuch"});
  EXPECT_EQ(failureOf(request.send()), ErrorCode::NOT_FOUND);
}

TEST_F(RuntimeConformance, AnExecCanBeSignalled) {
  auto container = started("signalled", {"sleep", "1000"});
  auto request = container.execRequest();
  setTexts(request.initSpec().initArguments(2), {"sleep", "1000"});
  auto process = wait(request.send()).getProcess();
  RuntimeStreams streams(process);
  auto signal = process.signalRequest();
  signal.setNumber(SIGTERM);
  wait(signal.send());
  EXPECT_EQ(wait(process.waitRequest().send()).getExit().getCode(), 128 + SIGTERM);
}

TEST_F(RuntimeConformance, AnExecNeedsARunningContainer) {
  auto container = create("idle", {"sleep", "1000"});
  auto request = container.execRequest();
  setTexts(request.initSpec().initArguments(1), {"true"});
  EXPECT_EQ(failureOf(request.send()), ErrorCode::CONFLICT);
}

TEST_F(RuntimeConformance, ADetachedExecRunsByItself) {
  auto container = started("detached", {"sleep", "1000"});
  auto request = container.execRequest();
  auto spec = request.initSpec();
  setTexts(spec.initArguments(3), {"sh", "-c", "echo lost; touch /tmp/was-here; exit 3"});
  spec.setDetach(true);
  auto process = wait(request.send()).getProcess();
  EXPECT_EQ(wait(process.waitRequest().send()).getExit().getCode(), 3);
  EXPECT_EQ(exec(container, {"ls", "/tmp"}).output, "was-here\n");
}

}  // namespace stave::conformance
