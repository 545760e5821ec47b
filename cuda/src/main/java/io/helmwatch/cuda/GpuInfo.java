package io.helmwatch.cuda;

/**
 * A GPU of this host.
 *
 * @param index device index, from 0
 * @param name name of the product
 * @param computeMajor compute capability before the dot
 * @param computeMinor compute capability after the dot
 * @param memoryBytes bytes of device memory
 * @param multiprocessors number of streaming multiprocessors
 */
public record GpuInfo(
        int index, String name, int computeMajor, int computeMinor, long memoryBytes, int multiprocessors) {

    /** Name of the architecture for NVRTC, e.g. {@code sm_90}. */
    public String architecture() {
        return "sm_" + computeMajor + computeMinor;
    }

    @Override
    public String toString() {
        return "GPU " + index + ": " + name + ", compute capability " + computeMajor + "." + computeMinor + ", "
                + (memoryBytes >> 20) + " MiB, " + multiprocessors + " multiprocessors";
    }
}
