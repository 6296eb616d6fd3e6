#include "image_failures.h"

#include <stave/error.h>

#include <algorithm>

namespace stave::node {

namespace {

constexpr size_t mostKept = 256;

}  // namespace

void ImageFailures::note(const ObjectCopy& object, const kj::Exception& exception) {
  failures_[object.key()] = {object.uid(), object.generation(), textOf(exception),
                             codeOf(exception), ++count_};
  if (failures_.size() > mostKept) {
    auto older = [](auto& one, auto& other) { return one.second.number < other.second.number; };
    failures_.erase(std::min_element(failures_.begin(), failures_.end(), older));
  }
  for (auto& listener : listeners_) listener();
}

const ImageFailures::Failure* ImageFailures::last(const std::string& name) const {
  auto found = failures_.find(name);
  return found == failures_.end() ? nullptr : &found->second;
}

const ImageFailures::Failure* ImageFailures::after(uint64_t count, const std::string& name) const {
  auto failure = last(name);
  return failure != nullptr && failure->number > count ? failure : nullptr;
}

const ImageFailures::Failure* ImageFailures::of(const ObjectCopy& object) const {
  auto failure = last(object.key());
  if (failure == nullptr || failure->uid != object.uid()) return nullptr;
  return failure->generation == object.generation() ? failure : nullptr;
}

}  // namespace stave::node
