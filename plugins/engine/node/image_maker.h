#pragma once

#include "engine.h"

namespace stave::node {

/// What a new image is made of besides its new layer.
struct ImageRecipe {
  std::string base;       ///< manifest digest of the image below; empty: none
  std::string reference;  ///< empty: the image gets no name
  std::string author;
  std::string comment;
  std::string createdBy;
  std::vector<std::string> changes;
};

struct MadeImage {
  std::string name;
  std::string configDigest;
  std::string manifestDigest;
};

/// Makes an image whose topmost layer is an uncompressed tar, and waits until it is here.
Task<MadeImage> makeImage(Engine& engine, std::string tarFile, ImageRecipe recipe);

}  // namespace stave::node
