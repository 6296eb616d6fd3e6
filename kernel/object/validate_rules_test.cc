#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <gtest/gtest.h>
#include <stave/error.h>

#include <functional>

#include "kernel/object/validate.h"

namespace stave {
namespace {

constexpr uint64_t structId = 0xabcdef0123456799;
constexpr uint64_t minimumId = 0xd40b8a37e95f1c13;
constexpr uint64_t maximumId = 0x8f51c2d6073ae914;
constexpr uint64_t patternId = 0xa86d3e92b07f4c15;
constexpr uint64_t unknownId = 0xa86d3e92b07f4c16;

using Annotate = std::function<void(capnp::schema::Annotation::Builder)>;

/// A struct of one text and two numbers, of which the second and the third are a union, as a
/// plug-in could bring it; `annotate` is asked for the annotation of each field.
struct Brought {
  explicit Brought(const std::vector<Annotate>& annotations) {
    capnp::MallocMessageBuilder message;
    auto node = message.initRoot<capnp::schema::Node>();
    node.setId(structId);
    node.setDisplayName("brought.capnp:Brought");
    auto type = node.initStruct();
    type.setDataWordCount(2);
    type.setPointerCount(1);
    type.setPreferredListEncoding(capnp::schema::ElementSize::INLINE_COMPOSITE);
    type.setDiscriminantCount(2);
    type.setDiscriminantOffset(4);
    auto fields = type.initFields(3);
    const char* names[] = {"name", "small", "large"};
    for (unsigned i = 0; i < 3; ++i) {
      fields[i].setName(names[i]);
      fields[i].setCodeOrder(i);
      fields[i].setDiscriminantValue(i == 0 ? 0xffff : i - 1);
      fields[i].getOrdinal().setExplicit(i);
      auto slot = fields[i].initSlot();
      if (i == 0) {
        slot.initType().setText();
        slot.initDefaultValue().setText("");
      } else {
        slot.initType().setUint64();
        slot.initDefaultValue().setUint64(0);
      }
      if (i < annotations.size() && annotations[i]) annotations[i](fields[i].initAnnotations(1)[0]);
    }
    schema = loader.load(node).asStruct();
  }

  std::string error(const std::function<void(capnp::DynamicStruct::Builder)>& fill) {
    capnp::MallocMessageBuilder message;
    auto value = message.initRoot<capnp::DynamicStruct>(schema);
    fill(value);
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   Validator().check("thing a", "spec", value.asReader(), nullptr);
                 })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  }

  capnp::SchemaLoader loader;
  capnp::StructSchema schema;
};

Annotate pattern(const char* expression) {
  return [expression](auto annotation) {
    annotation.setId(patternId);
    annotation.initValue().setText(expression);
  };
}
Annotate bound(uint64_t id, int64_t value) {
  return [id, value](auto annotation) {
    annotation.setId(id);
    annotation.initValue().setInt64(value);
  };
}

TEST(ValidateRulesTest, APluginsOwnSchemaIsHeldToItsAnnotations) {
  Brought brought({pattern("[a-z]+"), bound(maximumId, 5), bound(minimumId, 100)});
  EXPECT_EQ(brought.error([](auto value) { value.set("name", "abc"); }), "");
  EXPECT_NE(brought.error([](auto value) { value.set("name", "A"); }).find("spec.name"),
            std::string::npos);
  EXPECT_NE(brought.error([](auto value) { value.set("small", 6u); }).find("spec.small"),
            std::string::npos);
}

TEST(ValidateRulesTest, OnlyTheMemberOfAUnionThatIsSetIsChecked) {
  Brought brought({{}, bound(maximumId, 5), bound(minimumId, 100)});
  EXPECT_EQ(brought.error([](auto value) { value.set("small", 5u); }), "");
  EXPECT_EQ(brought.error([](auto value) { value.set("large", 100u); }), "");
  auto error = brought.error([](auto value) { value.set("large", 99u); });
  EXPECT_NE(error.find("spec.large"), std::string::npos) << error;
}

TEST(ValidateRulesTest, AnnotationsOfOthersMeanNothing) {
  Brought brought({[](auto annotation) {
    annotation.setId(unknownId);
    annotation.initValue().setText("[0-9]+");
  }});
  EXPECT_EQ(brought.error([](auto value) { value.set("name", "abc"); }), "");
}

TEST(ValidateRulesTest, APatternThatIsNoneIsTheSchemasFault) {
  Brought brought({pattern("[a-")});
  auto error = brought.error([](auto value) { value.set("name", "abc"); });
  EXPECT_NE(error.find("the schema's pattern for the field name is not a regular expression"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace stave
