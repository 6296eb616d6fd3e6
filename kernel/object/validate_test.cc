#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

using Pod = schema::PodSpec::Builder;

std::string podError(const std::function<void(Pod)>& fill) {
  TestKernel kernel;
  return kernel.errorOf([&] {
    kernel.commit(Op::CREATE, "pod", "web", [&](schema::Object::Builder object) {
      auto spec = object.getSpec().initAs<schema::PodSpec>();
      auto container = spec.initContainers(2)[0];
      container.setName("main");
      container.setImage("debian");
      spec.getContainers()[1].setName("side");
      spec.getContainers()[1].setImage("debian");
      fill(spec);
    });
  });
}

TEST(Validate, TakesWhatIsRight) {
  EXPECT_EQ(podError([](Pod) {}), "");
}

TEST(Validate, Required) {
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[0].setImage(""); }),
            "invalid pod default/web: spec.containers[0].image: must not be empty");
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[0].disownImage(); }),
            "invalid pod default/web: spec.containers[0].image: must not be empty");
  EXPECT_EQ(podError([](Pod pod) { pod.initContainers(0); }),
            "invalid pod default/web: spec.containers: must not be empty");
}

TEST(Validate, RequiredStruct) {
  TestKernel kernel;
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::CREATE, "Job", "a"); }),
            "invalid job default/a: spec.template: must be given");
}

TEST(Validate, Pattern) {
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[1].setName("a b"); }),
            "invalid pod default/web: spec.containers[1].name: \"a b\" does not match "
            "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");
}

TEST(Validate, Bounds) {
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[0].setOomScoreAdj(1001); }),
            "invalid pod default/web: spec.containers[0].oomScoreAdj: must be at most 1000, not "
            "1001");
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[0].setOomScoreAdj(-1001); }),
            "invalid pod default/web: spec.containers[0].oomScoreAdj: must be at least -1000, not "
            "-1001");
  EXPECT_EQ(podError([](Pod pod) { pod.setHostname(std::string(65, 'h').c_str()); }),
            "invalid pod default/web: spec.hostname: must have at most 64 bytes, not 65");
}

TEST(Validate, Unique) {
  EXPECT_EQ(podError([](Pod pod) { pod.getContainers()[1].setName("main"); }),
            "invalid pod default/web: spec.containers: [1].name: \"main\" is there twice");
}

TEST(Validate, UnknownEnumValue) {
  EXPECT_EQ(podError([](Pod pod) { pod.setDesired(schema::PodSpec::Desired(9)); }),
            "invalid pod default/web: spec.desired: has the unknown value 9");
}

TEST(Validate, Utf8) {
  EXPECT_EQ(podError([](Pod pod) { pod.setHostname("\xff\xfe"); }),
            "invalid pod default/web: spec.hostname: is not valid UTF-8");
  EXPECT_TRUE(isValidUtf8("z\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  for (const char* wrong : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf8\x88\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(isValidUtf8(wrong));
  }
}

TEST(Validate, Immutable) {
  TestKernel kernel;
  auto driver = [](const char* name) {
    return [name](schema::Object::Builder object) {
      object.getSpec().initAs<schema::VolumeSpec>().setDriver(name);
    };
  };
  kernel.commit(Op::CREATE, "Volume", "data", driver("local"));
  kernel.commit(Op::APPLY, "Volume", "data", driver("local"));
  EXPECT_EQ(
      kernel.errorOf([&] { kernel.commit(Op::APPLY, "Volume", "data", driver("nfs")); }),
      "invalid volume data: spec.driver: cannot be changed once the object exists; delete the "
      "object and make it anew");
}

TEST(Validate, Size) {
  TestKernel kernel;
  std::string large(1'100'000, 'x');
  EXPECT_EQ(kernel.errorOf(
                [&] { kernel.commit(Op::CREATE, "Namespace", "a", kernel.description(large)); }),
            "invalid namespace a: spec: is larger than 1 MiB");
}

TEST(Validate, Metadata) {
  TestKernel kernel;
  auto error = [&](const std::string& name, const TestKernel::Fill& fill = {}) {
    return kernel.errorOf([&] { kernel.commit(Op::CREATE, "Namespace", name, fill); });
  };
  EXPECT_EQ(error(""), "invalid namespace : metadata.name: must not be empty");
  EXPECT_TRUE(error("a\nb").ends_with("must not have control characters"));
  EXPECT_TRUE(error(std::string(513, 'a')).ends_with("is longer than 512 bytes"));
  EXPECT_EQ(error("a", [](auto object) { object.getMetadata().setNamespace("other"); }),
            "invalid namespace a: metadata.namespace: must be empty: namespaces have no namespace");
  EXPECT_EQ(error("a",
                  [](auto object) {
                    auto labels = object.getMetadata().initLabels(2);
                    labels[0].setKey("k");
                    labels[1].setKey("k");
                  }),
            "invalid namespace a: metadata.labels: \"k\" is there twice");
  EXPECT_EQ(error("a", [](auto object) { object.getMetadata().setKind("Namespac"); }),
            "invalid unknown kind \"Namespac\"; did you mean \"namespace\"?");
}

}  // namespace
}  // namespace stave::testing
