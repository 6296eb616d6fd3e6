#include <capnp/message.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <stave/error.h>

#include "container_plan.h"
#include "plan_writer.h"
#include "process_plan.h"
#include "sysctl_plan.h"

namespace stave::native {
namespace {

std::string errorOf(std::function<void()> action) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(action)) {
    return std::string(nameOf(codeOf(*exception))) + ": " + textOf(*exception);
  }
  return "";
}

TEST(PlanWriter, TheMonitorFindsWhatWasWritten) {
  PlanWriter writer;
  auto& step = writer.step(plan::Operation::hostname, "setting the host name");
  step.text = writer.text("box");
  writer.header().arguments = writer.texts({"a", "bc"});
  std::string bytes = writer.finish();
  auto header = reinterpret_cast<const plan::Header*>(bytes.data());
  ASSERT_EQ(header->size, bytes.size());
  ASSERT_EQ(header->stepCount, 1u);
  auto found = reinterpret_cast<const plan::Step*>(bytes.data() + header->stepsOffset);
  EXPECT_EQ(found->operation, plan::Operation::hostname);
  EXPECT_STREQ(bytes.data() + found->text.offset, "box");
  EXPECT_EQ(found->text.size, 3u);
  EXPECT_EQ(std::string(bytes.data() + header->arguments.offset, 5), std::string("a\0bc\0", 5));
}

TEST(PlanWriter, DescriptorsGetNumbers) {
  PlanWriter writer;
  EXPECT_EQ(writer.give(7), 0);
  EXPECT_EQ(writer.give(9), 1);
  EXPECT_EQ(writer.descriptors(), (std::vector<int>{7, 9}));
  EXPECT_NE(writer.newSlot(), writer.newSlot());
  EXPECT_EQ(errorOf([&] {
              for (;;) writer.give(1);
            }).substr(0, 8),
            "invalid:");
}

TEST(Report, AFailureSaysWhatWasAttempted) {
  PlanWriter writer;
  writer.step(plan::Operation::attachTree, "mounting /data");
  writer.step(plan::Operation::findCommand, "");
  auto report = [&](uint32_t step, int error, int value = 0) {
    return errorOf([&] {
      failReport(writer, {plan::ReportKind::failure, step, error, value}, "cmd");
    });
  };
  EXPECT_NE(report(0, ENOENT).find("not-found: mounting /data"), std::string::npos)
      << report(0, ENOENT);
  EXPECT_EQ(report(1, ENOENT), "not-found: exec: \"cmd\": executable file not found in $PATH");
  EXPECT_EQ(report(1, EACCES), "denied: exec: \"cmd\": permission denied");
  auto died = static_cast<int>(plan::MonitorWork::died);
  EXPECT_NE(report(plan::notAStep, 9, died).find("memory limit"), std::string::npos);
}

struct Specs : ::testing::Test {
  ~Specs() noexcept override {}

  capnp::MallocMessageBuilder message;
  schema::ContainerSpec::Builder spec = message.initRoot<schema::ContainerSpec>();

  std::string check() {
    return errorOf([&] { checkSpec(spec); });
  }
};

TEST_F(Specs, IdsHaveAForm) {
  spec.initArguments(1).set(0, "x");
  for (const char* id : {"a", "web-1", "a_b.c"}) {
    spec.setId(id);
    EXPECT_EQ(check(), "") << id;
  }
  for (const char* id : {"", "-a", "A", "a/b", "..", "a b"}) {
    spec.setId(id);
    EXPECT_EQ(check().substr(0, 11), "invalid: id") << id;
  }
}

TEST_F(Specs, ThereIsACommand) {
  spec.setId("a");
  EXPECT_EQ(check().substr(0, 18), "invalid: arguments");
}

TEST_F(Specs, OnlyNamespacedParametersMayBeSet) {
  auto parameter = spec.initSysctls(1)[0];
  auto plan = [&](const char* key, bool network) {
    parameter.setKey(key);
    return errorOf([&] {
      PlanWriter writer;
      planSysctls(writer, spec, network);
    });
  };
  EXPECT_EQ(plan("net.core.somaxconn", true), "");
  EXPECT_NE(plan("net.core.somaxconn", false), "");
  EXPECT_EQ(plan("kernel.shmmax", false), "");
  EXPECT_NE(plan("kernel.panic", true), "");
  EXPECT_NE(plan("net.../../kernel/panic", true), "");
  spec.getIpc().setHost();
  EXPECT_NE(plan("kernel.shmmax", false), "");
}

TEST(Environment, TheLastOfANameCounts) {
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<capnp::AnyPointer>().initAs<capnp::List<capnp::Text>>(3);
  list.set(0, "A=1");
  list.set(1, "AB=2");
  list.set(2, "A=3");
  Environment environment;
  environment.add(list.asReader());
  environment.addIfMissing("A", "9");
  environment.addIfMissing("C", "4");
  EXPECT_EQ(environment.variables(), (std::vector<std::string>{"A=3", "AB=2", "C=4"}));
  EXPECT_EQ(environment.get("AB"), "2");
  EXPECT_EQ(environment.get("B"), "");
}

TEST(Limits, NamesAreThoseOfTheSystem) {
  EXPECT_EQ(resourceNamed("nofile"), 7);
  EXPECT_EQ(errorOf([] { resourceNamed("nofiles"); }).substr(0, 16), "invalid: rlimits");
}

TEST(Capabilities, AddedAndDropped) {
  capnp::MallocMessageBuilder message;
  auto security = message.initRoot<schema::Security>();
  auto result = [&] {
    return adjustCapabilities(security.asReader().getAddCapabilities(),
                              security.asReader().getDropCapabilities());
  };
  auto bit = [](const char* name) { return CapabilitySet{1} << capabilityNumber(name); };
  EXPECT_EQ(result(), defaultCapabilities());
  security.initAddCapabilities(1).set(0, "cap_net_admin");
  security.initDropCapabilities(1).set(0, "CHOWN");
  EXPECT_EQ(result(), (defaultCapabilities() | bit("NET_ADMIN")) & ~bit("CAP_CHOWN"));
  security.initDropCapabilities(1).set(0, "all");
  EXPECT_EQ(result(), bit("NET_ADMIN"));
  security.initAddCapabilities(1).set(0, "ALL");
  security.initDropCapabilities(1).set(0, "CHOWN");
  EXPECT_EQ(result(), allCapabilities() & ~bit("CHOWN"));
  security.initAddCapabilities(1).set(0, "FLY");
  EXPECT_NE(errorOf(result).find("there is no capability \"FLY\""), std::string::npos);
}

}  // namespace
}  // namespace stave::native
