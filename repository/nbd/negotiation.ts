import {
  ALLOCATION,
  ALLOCATION_ID,
  blockSizeInfo,
  exportInfo,
  exportNameReply,
  infos,
  metaContext,
  optionReplies,
  optionReply,
  options,
  readInfoRequest,
  readMetaQuery,
  serverReply,
  textInfo,
  transmissionFlags,
} from './protocol.ts';

/** What a client may read, as the negotiation shows it. */
export interface Offer {
  /** By which a client asks for it. */
  name: string;
  /** For people. */
  description: string;
  /** Bytes. */
  size: number;
  /** Bytes that are best read together. */
  blockSize: number;
}

/** What a client has chosen when the negotiation ends. */
export interface Session<E extends Offer> {
  chosen: E;
  /** Replies are in chunks, with holes as such. */
  structured: boolean;
  /** Block status of `base:allocation` was agreed on. */
  allocation: boolean;
}

/** What to send, and how to go on. */
export interface Answer<E extends Offer> {
  replies: Buffer[];
  then: 'haggle' | 'close' | Session<E>;
}

/** The most bytes that a client may ask for at once; the protocol's own advice. */
export const MOST_BYTES = 32 * 1024 * 1024;

/** One client's haggling, option by option. The first export is the default: its name may be left empty. */
export class Negotiation<E extends Offer> {
  readonly #exports: readonly E[];
  readonly #noZeroes: boolean;
  #structured = false;
  /** The export for which block status was agreed on. */
  #allocation: E | undefined;

  constructor(exports: readonly E[], noZeroes: boolean) {
    this.#exports = exports;
    this.#noZeroes = noZeroes;
  }

  answer(option: number, data: Buffer): Answer<E> {
    const haggle = (...replies: Buffer[]): Answer<E> => ({ replies, then: 'haggle' });
    const refuse = (type: number, why: string) => haggle(optionReply(option, type, Buffer.from(why, 'utf8')));
    const ack = optionReply(option, optionReplies.ack);
    switch (option) {
      case options.exportName: {
        const chosen = this.#find(data.toString('utf8'));
        // The protocol has no way to say no here.
        if (!chosen) return { replies: [], then: 'close' };
        const reply = exportNameReply(chosen.size, this.#flags(), this.#noZeroes);
        return { replies: [reply], then: this.#session(chosen) };
      }
      case options.abort:
        return { replies: [ack], then: 'close' };
      case options.list: {
        if (data.length > 0) return refuse(optionReplies.invalid, 'A list takes no data.');
        const listed = this.#exports.map(({ name, description }) =>
          optionReply(option, optionReplies.server, serverReply(name, description)),
        );
        return haggle(...listed, ack);
      }
      case options.structuredReply:
        if (data.length > 0) return refuse(optionReplies.invalid, 'Structured replies take no data.');
        this.#structured = true;
        return haggle(ack);
      case options.info:
      case options.go: {
        const asked = readInfoRequest(data);
        if (!asked) return refuse(optionReplies.invalid, 'The request for an export is malformed.');
        const chosen = this.#find(asked.name);
        if (!chosen) return refuse(optionReplies.unknown, this.#unknown(asked.name));
        const told = this.#infos(chosen, asked.wanted).map((info) => optionReply(option, optionReplies.info, info));
        return { replies: [...told, ack], then: option === options.go ? this.#session(chosen) : 'haggle' };
      }
      case options.listMetaContext:
      case options.setMetaContext: {
        const asked = readMetaQuery(data);
        if (!asked) return refuse(optionReplies.invalid, 'The query for contexts is malformed.');
        if (!this.#structured) return refuse(optionReplies.invalid, 'Contexts need structured replies.');
        const chosen = this.#find(asked.name);
        if (!chosen) return refuse(optionReplies.unknown, this.#unknown(asked.name));
        const listing = option === options.listMetaContext;
        const matches =
          asked.queries.includes(ALLOCATION) ||
          (listing && (asked.queries.length === 0 || asked.queries.includes('base:')));
        if (!listing) this.#allocation = matches ? chosen : undefined;
        const context = metaContext(listing ? 0 : ALLOCATION_ID, ALLOCATION);
        return haggle(...(matches ? [optionReply(option, optionReplies.metaContext, context)] : []), ack);
      }
      case options.startTls:
        return refuse(optionReplies.unsupported, 'There is no TLS here: use a Unix socket or a tunnel.');
      default:
        return refuse(optionReplies.unsupported, 'This server does not know that option.');
    }
  }

  #find(name: string): E | undefined {
    return name === '' ? this.#exports[0] : this.#exports.find((each) => each.name === name);
  }

  #unknown(name: string): string {
    return `There is no export ${JSON.stringify(name)}; there is ${this.#exports.map((each) => each.name).join(', ')}.`;
  }

  #session(chosen: E): Session<E> {
    return { chosen, structured: this.#structured, allocation: this.#allocation === chosen };
  }

  #flags(): number {
    const { hasFlags, readOnly, canMultiConnect, sendDontFragment } = transmissionFlags;
    return hasFlags | readOnly | canMultiConnect | (this.#structured ? sendDontFragment : 0);
  }

  #infos({ name, description, size, blockSize }: E, wanted: readonly number[]): Buffer[] {
    return [
      exportInfo(size, this.#flags()),
      blockSizeInfo(1, blockSize, MOST_BYTES),
      ...(wanted.includes(infos.name) ? [textInfo(infos.name, name)] : []),
      ...(wanted.includes(infos.description) ? [textInfo(infos.description, description)] : []),
    ];
  }
}
