/** Watches the images of the cameras while their frames are analysed. */
@NullMarked
package io.helmwatch.pipeline.health;

import org.jspecify.annotations.NullMarked;
