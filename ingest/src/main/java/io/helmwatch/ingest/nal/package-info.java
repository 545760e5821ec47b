/**
 * NAL units of H.264 and HEVC (ITU-T H.264 and H.265): where they begin and end, what they are, and the bits inside. Pure Java; whoever has packets
 * or parameter sets of a library brings their bytes.
 */
@NullMarked
package io.helmwatch.ingest.nal;

import org.jspecify.annotations.NullMarked;
