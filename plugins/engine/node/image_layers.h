#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mirror.h"

namespace stave::node {

/// The layers that storage has for images, and the removal of those that no image needs any more.
class ImageLayers {
 public:
  ImageLayers(Environment& environment, Mirror& images)
      : environment_(environment), images_(images) {}

  /// The image is made of these, lowest first, though its status may not say so yet.
  void claim(const std::string& image, std::vector<std::string> chainIds);

  /// What the image claimed is to be removed unless others need it.
  void release(const std::string& image);
  void condemn(const std::string& chainId);

  /// Removes what is condemned and not needed. What containers stand on stays for the next time.
  Task<> collect();

 private:
  Task<> collectOnce();
  std::set<std::string> used() const;
  Task<bool> remove(std::string chainId);

  Environment& environment_;
  Mirror& images_;
  std::map<std::string, std::vector<std::string>> claims_;
  std::vector<std::string> condemned_;  ///< lowest first
  bool collecting_ = false;
  bool again_ = false;
};

}  // namespace stave::node
