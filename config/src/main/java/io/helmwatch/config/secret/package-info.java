/** Passwords and certificates: kept, read from files, and masked in every text. */
@NullMarked
package io.helmwatch.config.secret;

import org.jspecify.annotations.NullMarked;
