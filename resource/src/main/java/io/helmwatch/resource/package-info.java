/** What all modules need: closing in reverse order, the ledger of native memory, atomic file replacement, names of constants. Depends on nothing of ours. */
@NullMarked
package io.helmwatch.resource;

import org.jspecify.annotations.NullMarked;
