#pragma once

namespace stave::os {

/// Fills an empty file with the content of another. Shares the blocks where the file system can,
/// keeps holes where it cannot.
void cloneContent(int from, int to);

}  // namespace stave::os
