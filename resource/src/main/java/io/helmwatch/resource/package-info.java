/** What every owner needs: closing in reverse order, the ledger of native memory, atomic file replacement. Depends on nothing of ours. */
@NullMarked
package io.helmwatch.resource;

import org.jspecify.annotations.NullMarked;
