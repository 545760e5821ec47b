/** Who may do what: users, tokens, sessions, the checks against other sites, the audit log. */
@NullMarked
package io.helmwatch.web.access;

import org.jspecify.annotations.NullMarked;
