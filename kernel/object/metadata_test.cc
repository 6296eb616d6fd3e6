#include "kernel/object/metadata.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave {
namespace {

using namespace std::string_literals;

template <typename Work>
std::string errorOf(Work work) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(work)) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    return textOf(*exception);
  }
  return "";
}

const ObjectKey pod{"Pod", "default", "web"};

struct MetadataTest : ::testing::Test {
  ~MetadataTest() noexcept override {}

  std::string keyError(const std::string& kind, const std::string& space, const std::string& name) {
    return errorOf([&]() { resolveKey(kinds, kind, space, name); });
  }

  using Pairs = std::vector<std::pair<std::string, std::string>>;
  capnp::List<schema::KeyValue>::Reader labels(const Pairs& pairs) {
    auto list = message.initRoot<schema::Metadata>().initLabels(pairs.size());
    for (size_t i = 0; i < pairs.size(); ++i) {
      list[i].setKey(stringPtr(pairs[i].first));
      list[i].setValue(stringPtr(pairs[i].second));
    }
    return list.asReader();
  }
  std::string labelsError(const Pairs& pairs, size_t longest = 10) {
    auto list = labels(pairs);
    return errorOf([&]() { checkedKeyValues(pod, "metadata.labels", longest, list); });
  }

  capnp::List<capnp::Text>::Reader finalizers(const std::vector<std::string>& names) {
    auto list = message.initRoot<schema::Metadata>().initFinalizers(names.size());
    for (size_t i = 0; i < names.size(); ++i) list.set(i, names[i].c_str());
    return list.asReader();
  }

  Kinds kinds;
  capnp::MallocMessageBuilder message;
};

TEST_F(MetadataTest, KeysAreCompleted) {
  EXPECT_EQ(resolveKey(kinds, "po", "", "web"), pod);
  EXPECT_EQ(resolveKey(kinds, "PODS", "blue", "web"), (ObjectKey{"Pod", "blue", "web"}));
  EXPECT_EQ(resolveKey(kinds, "image", "default", "a/b:c"), (ObjectKey{"Image", "", "a/b:c"}));
}

TEST_F(MetadataTest, BadNamesAreRefused) {
  EXPECT_EQ(keyError("pod", "", ""), "pod default/: metadata.name: must not be empty");
  EXPECT_NE(keyError("pod", "", std::string(513, 'x')).find("is longer than 512 bytes"),
            std::string::npos);
  EXPECT_NE(keyError("pod", "", "a\nb").find("control characters"), std::string::npos);
  EXPECT_NE(keyError("pod", "", "\xc3(").find("not valid UTF-8"), std::string::npos);
  EXPECT_EQ(keyError("pod", "", std::string(512, 'x')), "");
}

TEST_F(MetadataTest, NewNamesAreWhatTheirKindAllows) {
  auto error = [&](const char* kind, const std::string& name) {
    return errorOf([&]() { checkNewName(kinds, resolveKey(kinds, kind, "", name)); });
  };
  for (auto kind : {"pod", "volume", "network", "config", "node", "service"}) {
    EXPECT_EQ(error(kind, "Web_1.old-2"), "") << kind;
    for (auto name : {"a/b", "a b", "-a", ".", "a:b"}) EXPECT_NE(error(kind, name), "") << name;
  }
  EXPECT_EQ(error("pod", "a/b"),
            "pod default/a/b: metadata.name: \"a/b\" cannot be the name of a pod: it must "
            "match [a-zA-Z0-9][a-zA-Z0-9_.-]* and have at most 200 bytes");
  EXPECT_EQ(error("image", "docker.io/library/debian:12"), "");
  EXPECT_EQ(error("image", "[::1]:5000/a@sha256:" + std::string(64, 'a')), "");
  EXPECT_NE(error("image", "a b"), "");
  EXPECT_EQ(error("plugin", "store/sqlite"), "");
  EXPECT_NE(error("plugin", "sqlite"), "");
  EXPECT_EQ(error("namespace", "blue"), "");
  EXPECT_NE(error("namespace", "blue-"), "");
}

TEST_F(MetadataTest, BadNamespacesAreRefused) {
  for (auto& space : {"-a"s, "a-"s, "a b"s, "a/b"s, std::string(64, 'x')}) {
    EXPECT_NE(keyError("pod", space, "web").find("is no name of a namespace"), std::string::npos)
        << space;
  }
  EXPECT_EQ(keyError("pod", "a.b-c_d", "web"), "");
  EXPECT_NE(keyError("image", "blue", "web").find("images have no namespace"), std::string::npos);
}

TEST_F(MetadataTest, LabelsAreSorted) {
  auto values = checkedKeyValues(pod, "metadata.labels", 10, labels({{"b", "1"}, {"a", "2"}}));
  EXPECT_EQ(values, (KeyValues{{"a", "2"}, {"b", "1"}}));
}

TEST_F(MetadataTest, BadLabelsAreRefusedWithTheirPlace) {
  EXPECT_EQ(labelsError({{"a", "1"}, {"", "2"}}),
            "pod default/web: metadata.labels[1].key: must not be empty");
  EXPECT_EQ(labelsError({{"a", "12345678901"}}),
            "pod default/web: metadata.labels[0].value: is longer than 10 bytes");
  EXPECT_EQ(labelsError({{"b", ""}, {"a", ""}, {"b", ""}}),
            "pod default/web: metadata.labels: \"b\" is there twice");
  EXPECT_NE(labelsError({{"a b", ""}}).find("[0].key: must have"), std::string::npos);
  EXPECT_NE(labelsError({{"a", "\xff"}}).find("[0].value: is not valid UTF-8"), std::string::npos);
  EXPECT_NE(labelsError(Pairs(4097, {"a", ""})).find("more than 4096"), std::string::npos);
}

TEST_F(MetadataTest, Finalizers) {
  EXPECT_EQ(checkedFinalizers(pod, finalizers({"b", "a"})), (std::vector<std::string>{"b", "a"}));
  auto error = [&](const std::vector<std::string>& names) {
    auto list = finalizers(names);
    return errorOf([&]() { checkedFinalizers(pod, list); });
  };
  EXPECT_NE(error({"a", "a"}).find("\"a\" is there twice"), std::string::npos);
  EXPECT_NE(error({""}).find("1 to 253 bytes"), std::string::npos);
  EXPECT_NE(error({"a b"}).find("1 to 253 bytes"), std::string::npos);
  EXPECT_NE(error(std::vector<std::string>(33, "a")).find("more than 32"), std::string::npos);
  EXPECT_EQ(error({std::string(253, 'a')}), "");
}

TEST_F(MetadataTest, CausesAreBounded) {
  auto error = [&](const std::string& reason, const std::string& name) {
    auto cause = message.initRoot<schema::Cause>();
    cause.setReason(reason.c_str());
    cause.initObject().setName(name.c_str());
    auto reader = cause.asReader();
    return errorOf([&]() { checkCause(reader); });
  };
  EXPECT_EQ(error(std::string(4096, 'x'), std::string(512, 'x')), "");
  EXPECT_NE(error(std::string(4097, 'x'), ""), "");
  EXPECT_NE(error("", std::string(513, 'x')), "");
  EXPECT_NE(error("\xff", ""), "");
}

}  // namespace
}  // namespace stave
