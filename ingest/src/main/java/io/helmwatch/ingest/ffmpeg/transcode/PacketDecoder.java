package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.ffmpeg.input.CodecIds;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the packets of one format in software, with one thread; damaged frames are not delivered.
 *
 * <p>Threading: one thread. Ownership: frees the codec context on {@link #close}, also when opening fails.
 */
final class PacketDecoder implements AutoCloseable {
    private static final NativeMemory.Account DECODERS = NativeMemory.account("ffmpeg.decoders");

    private final Closer opened = new Closer();
    private final AVCodecContext context;

    /**
     * Opens the decoder.
     *
     * @throws IngestException when there is none for the format
     */
    PacketDecoder(VideoFormat format) {
        Ffmpeg.load();
        AVCodec codec = avcodec.avcodec_find_decoder(CodecIds.id(format.codec()));
        AVCodecContext allocated = avcodec.avcodec_alloc_context3(codec);
        if (codec == null || allocated == null) {
            throw new IngestException("Video of the format " + format + " cannot be decoded.");
        }
        context = allocated;
        long bytes = allocated.sizeof();
        DECODERS.allocated(bytes);
        opened.register(() -> {
            avcodec.avcodec_free_context(context);
            DECODERS.freed(bytes);
        });
        byte[] parameters = format.parameters();
        if (parameters.length > 0) {
            Pointer copy = avutil.av_mallocz(parameters.length + avcodec.AV_INPUT_BUFFER_PADDING_SIZE);
            BytePointer extradata = new BytePointer(copy);
            extradata.put(parameters, 0, parameters.length);
            context.extradata(extradata);
            context.extradata_size(parameters.length);
        }
        context.pkt_timebase(new AVRational().num(format.timeBaseNumerator()).den(format.timeBaseDenominator()));
        context.thread_count(1);
        int rc = avcodec.avcodec_open2(context, codec, (AVDictionary) null);
        if (rc < 0) {
            opened.close();
            throw new IngestException(
                    "Video of the format " + format + " cannot be decoded: " + Ffmpeg.describe(rc) + ".");
        }
    }

    /** Gives a packet to the decoder, null for the end; one that cannot be decoded is ignored. */
    void send(@Nullable AVPacket packet) {
        avcodec.avcodec_send_packet(context, packet);
    }

    /** Takes the next frame; returns false when more packets are needed, also where one was damaged. */
    boolean receive(AVFrame frame) {
        return avcodec.avcodec_receive_frame(context, frame) >= 0;
    }

    @Override
    public void close() {
        opened.close();
    }
}
