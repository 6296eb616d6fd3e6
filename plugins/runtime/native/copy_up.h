#pragma once

#include <string>

namespace stave::native {

/// Copies what a container's root holds at `target` into an empty tree, owners, modes, times, links
/// and extended attributes included. Nothing is done if the tree holds something or the root
/// nothing there.
void copyUp(int root, const std::string& target, int tree);

}  // namespace stave::native
