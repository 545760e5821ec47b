package io.helmwatch.config.inference;

/** Where the pipeline of a GPU decodes what the GPU's video engines support. */
public enum HardwareDecoding {
    /** On the video engines; live streams also on free CPU cores while the engines are full. */
    AUTO,
    /** On the video engines. */
    ALWAYS,
    /** On the CPU. */
    NEVER
}
