package io.helmwatch.config;

/** Where frames are decoded and analysed. */
public enum Backend {
    /** The GPU where one is usable, else the CPU. */
    AUTO,
    /** The CPU. */
    CPU,
    /** The GPU; refuses to start without one. */
    CUDA
}
