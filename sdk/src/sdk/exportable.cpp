#include "tandem/sdk/exportable.hpp"

namespace tandem {

GraphBuilder::~GraphBuilder() = default;
Exportable::~Exportable() = default;

}  // namespace tandem
