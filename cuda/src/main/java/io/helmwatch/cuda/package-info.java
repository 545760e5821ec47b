/**
 * The GPU as owning types: device and context, streams, events, device and pinned buffers, graphs, kernels compiled with NVRTC.
 * Independent of video and models.
 *
 * <p>No native library is loaded before {@link io.helmwatch.cuda.CudaProbe} or {@link io.helmwatch.cuda.CudaDevice} is used.
 */
@NullMarked
package io.helmwatch.cuda;

import org.jspecify.annotations.NullMarked;
