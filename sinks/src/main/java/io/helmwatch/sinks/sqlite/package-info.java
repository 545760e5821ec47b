/** SQLite files that outlive the process: opened, checked, migrated, moved aside when damaged. */
@NullMarked
package io.helmwatch.sinks.sqlite;

import org.jspecify.annotations.NullMarked;
