/** A fault as plain data, which can be copied to another thread; its cause stays behind. */
import { Fault, type FaultCode, type FaultDetails } from './fault.js';

export interface FaultFacts {
  readonly code: FaultCode;
  readonly message: string;
  readonly details: Omit<FaultDetails, 'cause'>;
}

export function toFaultFacts(fault: Fault): FaultFacts {
  const { code, message, param, reason, retryAfterSeconds, afterPrompt, allow, excess } = fault;
  return {
    code,
    message,
    details: {
      afterPrompt,
      ...(param === undefined ? {} : { param }),
      ...(reason === undefined ? {} : { reason }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(allow === undefined ? {} : { allow }),
      ...(excess === undefined ? {} : { excess }),
    },
  };
}

export function toFault({ code, message, details }: FaultFacts): Fault {
  return new Fault(code, message, details);
}
