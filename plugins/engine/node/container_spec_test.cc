#include "container_spec.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stave/error.h>

namespace stave::node {
namespace {

using Strings = std::vector<std::string>;

struct ContainerSpec : testing::Test {
  ~ContainerSpec() noexcept override {}
  capnp::MallocMessageBuilder message;
  schema::PodContainer::Builder container = message.initRoot<schema::PodContainer>();
  image::RunConfig image;

  void command(std::initializer_list<const char*> words) {
    auto list = container.initCommand(words.size());
    size_t i = 0;
    for (auto word : words) list.set(i++, word);
  }
  void arguments(std::initializer_list<const char*> words) {
    auto list = container.initArguments(words.size());
    size_t i = 0;
    for (auto word : words) list.set(i++, word);
  }
  Strings line() { return commandLine(container, image); }
};

TEST_F(ContainerSpec, TakesEntrypointAndCommandOfTheImage) {
  image.entrypoint = {"/entry"};
  image.command = {"serve"};
  EXPECT_EQ(line(), (Strings{"/entry", "serve"}));
}

TEST_F(ContainerSpec, ArgumentsReplaceTheImagesCommand) {
  image.entrypoint = {"/entry"};
  image.command = {"serve"};
  arguments({"help"});
  EXPECT_EQ(line(), (Strings{"/entry", "help"}));
}

TEST_F(ContainerSpec, ACommandDropsAllOfTheImage) {
  image.entrypoint = {"/entry"};
  image.command = {"serve"};
  command({"sh"});
  EXPECT_EQ(line(), (Strings{"sh"}));
}

TEST_F(ContainerSpec, AClearedEntrypointLeavesTheArguments) {
  image.entrypoint = {"/entry"};
  image.command = {"serve"};
  container.setClearCommand(true);
  arguments({"ls"});
  EXPECT_EQ(line(), (Strings{"ls"}));
}

TEST_F(ContainerSpec, SaysThatThereIsNoCommand) {
  container.setName("main");
  container.setImage("scratch");
  try {
    line();
    FAIL() << "an empty command line was taken";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
    EXPECT_NE(textOf(exception).find("no command specified"), std::string::npos);
  }
}

TEST_F(ContainerSpec, LaysThePodsEnvironmentOverTheImages) {
  image.environment = {"PATH=/bin", "A=1", "B=2"};
  auto list = container.initEnvironment(1);
  list[0].setKey("A");
  list[0].setValue("3");
  EXPECT_EQ(environmentOf(container, image, "host"),
            (Strings{"PATH=/bin", "HOSTNAME=host", "A=3", "B=2"}));
}

TEST_F(ContainerSpec, ReadsSignals) {
  EXPECT_EQ(signalNumber("SIGTERM"), SIGTERM);
  EXPECT_EQ(signalNumber("quit"), SIGQUIT);
  EXPECT_EQ(signalNumber("9"), 9);
  EXPECT_EQ(signalNumber("SIGRTMIN+3"), SIGRTMIN + 3);
  EXPECT_THROW(signalNumber("SIGNOPE"), kj::Exception);
  EXPECT_THROW(signalNumber("0"), kj::Exception);
}

TEST_F(ContainerSpec, StopsWithTheImagesSignalUnlessThePodNamesOne) {
  EXPECT_EQ(stopSignalOf(container, image), SIGTERM);
  image.stopSignal = "SIGQUIT";
  EXPECT_EQ(stopSignalOf(container, image), SIGQUIT);
  container.setStopSignal("INT");
  EXPECT_EQ(stopSignalOf(container, image), SIGINT);
}

TEST_F(ContainerSpec, TakesTheImagesHealthCheckUnlessDisabled) {
  image.healthcheck = image::Healthcheck{.test = {"CMD-SHELL", "true"}, .interval = 2'000'000'000};
  auto plan = healthPlanOf(container, image);
  EXPECT_EQ(plan.command, (Strings{"/bin/sh", "-c", "true"}));
  EXPECT_EQ(plan.intervalMillis, 2000);
  EXPECT_EQ(plan.retries, 3u);
  container.initHealth().setDisable(true);
  EXPECT_TRUE(healthPlanOf(container, image).command.empty());
}

TEST_F(ContainerSpec, ExpandsExposedPorts) {
  image.exposedPorts = {"80/tcp", "53/udp", "7000-7001", "0"};
  using Protocol = schema::PortMapping::Protocol;
  EXPECT_EQ(
      exposedPorts(image),
      (std::vector<ExposedPort>{
          {80, Protocol::TCP}, {53, Protocol::UDP}, {7000, Protocol::TCP}, {7001, Protocol::TCP}}));
}

TEST_F(ContainerSpec, FillsWhatTheRuntimeNeeds) {
  capnp::MallocMessageBuilder other;
  auto pod = other.initRoot<schema::PodSpec>();
  command({"sleep", "1"});
  container.setTerminal(true);
  container.initSecurity().setPrivileged(true);
  image.user = "nobody";
  image.workingDirectory = "/srv";
  capnp::MallocMessageBuilder result;
  auto spec = result.initRoot<schema::ContainerSpec>();
  fillContainerSpec(spec, pod, container, image,
                    {.id = "abc", .hostname = "web", .logPath = "/log", .sharedPid = "first"});
  EXPECT_EQ(spec.getId(), "abc");
  EXPECT_EQ(spec.getUser(), "nobody");
  EXPECT_EQ(spec.getWorkingDirectory(), "/srv");
  EXPECT_TRUE(spec.getSecurity().getPrivileged());
  EXPECT_EQ(spec.getPid().getContainer(), "first");
  EXPECT_TRUE(spec.getIpc().isOwn());
  EXPECT_EQ(spec.getLog().getPath(), "/log");
}

}  // namespace
}  // namespace stave::node
