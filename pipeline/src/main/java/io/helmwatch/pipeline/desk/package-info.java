/** What lies behind the page and its API: streams that come and go, history, latest frames, state of the system. */
@NullMarked
package io.helmwatch.pipeline.desk;

import org.jspecify.annotations.NullMarked;
