export interface Repair {
  number: number;
  bicycle: string;
  fault: string;
}

export class Queue {
  private repairs: Repair[] = [];

  add(bicycle: string, fault: string): Repair {
    const repair = { number: this.repairs.length + 1, bicycle, fault };
    this.repairs.push(repair);
    return repair;
  }

  all(): Repair[] {
    return this.repairs;
  }
}
